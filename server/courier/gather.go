package courier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/calendar"
)

// bookings gives what a feed is about: of a person also what they come along to, as long as it stands.
func (s *Feeds) bookings(ctx context.Context, f Feed, filter booking.Filter) ([]booking.Booking, error) {
	all, err := s.src.Bookings(ctx, filter)
	if err != nil || f.RoomID != "" {
		return all, err
	}
	involved, err := s.src.Active(ctx, nil, f.PersonID, filter.From, filter.Until)
	for _, b := range involved {
		if b.PersonID != f.PersonID && len(all) < maxFeedEvents {
			all = append(all, b)
		}
	}
	return all, err
}

// fill puts the bookings into a feed. Seats of a party that are one person's, and in a room anybody's, at one time are one
// event: a class on twelve stations is not twelve things to go to.
func (s *Feeds) fill(ctx context.Context, feed *calendar.Feed, f Feed, bookings []booking.Booking, language string) error {
	places, titles := placesOf(s.src.Directory), s.titles()
	slices.SortFunc(bookings, func(a, b booking.Booking) int { return strings.Compare(a.ID, b.ID) })
	var seats []*gathering
	together := map[string]*gathering{}
	for _, b := range bookings {
		if b.Status == booking.StatusCancelled && s.now().Sub(b.ChangedAt) > feedBehind {
			continue
		}
		station, err := places(ctx, b.StationID)
		if err != nil {
			return err
		}
		feed.Location = cmp.Or(feed.Location, station.Zone)
		key := b.ID
		if b.PartyID != "" {
			key = fmt.Sprint(b.PartyID, b.StartsAt.Unix(), b.EndsAt.Unix(), b.Status)
			if f.RoomID == "" {
				key += b.PersonID
			}
		}
		g := together[key]
		if g == nil {
			title, err := titles(ctx, b)
			if err != nil {
				return err
			}
			g = &gathering{event: CalendarEvent(b, station, language, s.cfg.PublicURL), booking: b, title: title, room: station.Room.In(language)}
			together[key], seats = g, append(seats, g)
		}
		g.add(b, station)
	}
	for _, g := range seats {
		feed.Events = append(feed.Events, g.show(f, in(language)))
	}
	return nil
}

// titles gives a look-up of what the series of bookings are called, that asks for each once.
func (s *Feeds) titles() func(ctx context.Context, b booking.Booking) (string, error) {
	seen := map[string]string{}
	return func(ctx context.Context, b booking.Booking) (string, error) {
		title, ok := seen[b.SeriesID]
		if ok || b.SeriesID == "" {
			return title, nil
		}
		series, err := known(s.src.Series(ctx, b.SeriesID))
		if err != nil {
			return "", err
		}
		if series.ID != "" {
			body, err := series.Describe()
			if err != nil {
				return "", err
			}
			title = body.Title
		}
		seen[b.SeriesID] = title
		return title, nil
	}
}

// gathering is one event of one or several stations. Its UID is that of the booking that was made first: by that it is known
// wherever else the booking is told of.
type gathering struct {
	event   calendar.Event
	booking booking.Booking
	title   string
	room    string
	codes   []string
}

func (g *gathering) add(b booking.Booking, station Station) {
	g.codes = append(g.codes, station.Code)
	if b.ChangedAt.After(g.event.LastModified) {
		g.event.LastModified = b.ChangedAt
	}
}

// show gives the event in words. A room's feed names nobody, so of what is called otherwise than by the school it says nothing.
func (g *gathering) show(f Feed, l language) calendar.Event {
	e := g.event
	slices.Sort(g.codes)
	if n := len(g.codes); n > 1 {
		all := strings.Join(g.codes, ", ")
		e.Location = strings.Join(slices.DeleteFunc([]string{all, g.room}, func(part string) bool { return part == "" }), " · ")
		if e.Summary = all; n > 3 {
			e.Summary = fmt.Sprintf("%s … %s (%d)", g.codes[0], g.codes[n-1], n)
		}
	}
	purpose := l.purposes[g.booking.Purpose]
	if f.RoomID == "" {
		e.Description = strings.TrimSpace(purpose + "\n" + g.booking.Programme)
	} else {
		e.URL = ""
		e.Summary += " · " + purpose
	}
	if g.title != "" && (f.RoomID == "" || g.booking.Purpose == booking.PurposeClass) {
		e.Summary = g.title + " · " + e.Summary
	}
	return e
}
