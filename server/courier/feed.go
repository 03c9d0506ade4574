package courier

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/calendar"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Feed is a calendar to which somebody subscribes by a secret address. Only the SHA-256 of the secret is stored.
type Feed struct {
	ID        string
	Hash      []byte
	PersonID  string // whose link it is
	RoomID    string // empty: the person's own bookings
	Name      string
	CreatedAt time.Time
	RevokedAt time.Time
	// LastUsedAt is when a program last came for it, to the minute; zero: none has.
	LastUsedAt time.Time
}

// FeedStore keeps feeds. What is revoked is as if it were not there: fault.KindNotFound "feed_unknown".
type FeedStore interface {
	InsertFeed(ctx context.Context, f Feed) (Feed, error)
	// Feeds gives those of a person, oldest first.
	Feeds(ctx context.Context, personID string) ([]Feed, error)
	// FeedByHash finds the one of a secret, and notes that it is used now.
	FeedByHash(ctx context.Context, hash []byte, now time.Time) (Feed, error)
	// RevokeFeed revokes one of that person; another's is unknown, too.
	RevokeFeed(ctx context.Context, personID, id string, now time.Time) error
}

// FeedSources is what feeds are made of.
type FeedSources struct {
	Feeds     FeedStore
	Directory Directory
	// Bookings lists by start; it is booking.Reader's List.
	Bookings func(ctx context.Context, f booking.Filter) ([]booking.Booking, error)
	// Active gives those that stand and involve a person; it is booking.Reader's Active.
	Active func(ctx context.Context, stationIDs []string, personID string, from, until time.Time) ([]booking.Booking, error)
	// Series reads one; it is booking.SeriesReader's SeriesByID.
	Series func(ctx context.Context, id string) (booking.Series, error)
	// Room gives a room and its stations by id or code.
	Room func(ctx context.Context, room string) (equipment.Room, []equipment.Station, error)
}

// Feeds serves calendars.
type Feeds struct {
	cfg Config
	src FeedSources
	now func() time.Time
}

// NewFeeds makes the service.
func NewFeeds(cfg Config, src FeedSources, now func() time.Time) *Feeds {
	return &Feeds{cfg: cfg, src: src, now: now}
}

// Bounds of feeds.
const (
	maxFeeds         = 20 // of a person
	maxFeedEvents    = 5000
	feedBehind       = 30 * 24 * time.Hour // also how long a cancelled booking is shown as such
	feedAhead        = 366 * 24 * time.Hour
	roomFeedAhead    = 92 * 24 * time.Hour
	feedSecretPrefix = "cal"
)

// List gives the feeds of a person.
func (s *Feeds) List(ctx context.Context, personID string) ([]Feed, error) {
	return s.src.Feeds.Feeds(ctx, personID)
}

// Create makes a feed of the actor's own bookings or, with a room (id or code), of the room's; the secret is shown once.
func (s *Feeds) Create(ctx context.Context, actor account.Actor, room, name string) (Feed, string, error) {
	if name = strings.TrimSpace(name); utf8.RuneCountInString(name) > maxNameRunes {
		return Feed{}, "", fault.Rule("feed_name_long", "the name has at most %d characters", maxNameRunes).On("name")
	}
	f := Feed{PersonID: actor.PersonID, Name: name, CreatedAt: s.now().UTC().Truncate(time.Second)}
	if room != "" {
		r, _, err := s.src.Room(ctx, room)
		if err != nil {
			return Feed{}, "", err
		}
		f.RoomID = r.ID
	}
	there, err := s.src.Feeds.Feeds(ctx, actor.PersonID)
	if err != nil {
		return Feed{}, "", err
	}
	if len(there) >= maxFeeds {
		return Feed{}, "", fault.Rule("feeds_too_many", "you have %d calendar links; revoke one first", len(there))
	}
	secret := feedSecretPrefix + strings.ToLower(rand.Text())
	f.Hash = account.Hash(secret)
	f, err = s.src.Feeds.InsertFeed(ctx, f)
	return f, secret, err
}

// Revoke ends a feed of that person.
func (s *Feeds) Revoke(ctx context.Context, personID, id string) error {
	return s.src.Feeds.RevokeFeed(ctx, personID, id, s.now())
}

// Render gives the calendar behind a secret, and whose link it is. Unknown, revoked, and of somebody who may not sign in
// any more are the same: fault.KindNotFound "feed_unknown".
func (s *Feeds) Render(ctx context.Context, secret string) (text []byte, personID string, err error) {
	f, err := s.src.Feeds.FeedByHash(ctx, account.Hash(secret), s.now())
	if err != nil {
		return nil, "", err
	}
	person, err := s.src.Directory.Person(ctx, f.PersonID)
	if fault.KindOf(err) == fault.KindNotFound || person.Disabled {
		return nil, "", ErrFeedUnknown()
	}
	if err != nil {
		return nil, "", err
	}
	language := person.Language
	if language == "" {
		language = s.cfg.Language
	}
	feed, filter, err := s.open(ctx, f, language)
	if err != nil {
		return nil, "", err
	}
	bookings, err := s.bookings(ctx, f, filter)
	if err != nil {
		return nil, "", err
	}
	if err := s.fill(ctx, &feed, f, bookings, language); err != nil {
		return nil, "", err
	}
	return calendar.Write(feed), f.PersonID, nil
}

// ErrFeedUnknown is for a link that leads to nothing.
func ErrFeedUnknown() error {
	return fault.NotFound("feed_unknown", "there is no such calendar; its link may have been revoked")
}

// open says what a feed is called, and which bookings belong to it.
func (s *Feeds) open(ctx context.Context, f Feed, language string) (calendar.Feed, booking.Filter, error) {
	now := s.now()
	filter := booking.Filter{InvolvedID: f.PersonID, From: now.Add(-feedBehind), Until: now.Add(feedAhead), Limit: maxFeedEvents}
	name := map[string]string{English: "My stations", Chinese: "我的工位预约"}[in(language).tag]
	if f.RoomID != "" {
		room, stations, err := s.src.Room(ctx, f.RoomID)
		if err != nil {
			return calendar.Feed{}, filter, err
		}
		filter.InvolvedID, filter.Until, filter.StationIDs = "", now.Add(roomFeedAhead), []string{}
		for _, station := range stations {
			filter.StationIDs = append(filter.StationIDs, station.ID)
		}
		if name = room.Name.In(language); name == "" {
			name = room.Code
		}
		if len(filter.StationIDs) == 0 {
			filter.StationIDs = []string{""} // an empty room, not every room
		}
	}
	if f.Name != "" {
		name = f.Name
	}
	return calendar.Feed{Name: name}, filter, nil
}
