package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/fault"
)

// calendarPath is where calendars are served; the dashboard has no page there.
const calendarPath = "/calendar/"

func showFeed(f courier.Feed) Feed {
	out := Feed{Id: f.ID, Of: FeedOfMe, Name: f.Name, CreatedAt: f.CreatedAt.UTC(), LastUsedAt: instant(f.LastUsedAt)}
	if f.RoomID != "" {
		out.Of, out.Room = FeedOfRoom, &f.RoomID
	}
	return out
}

// ListFeeds implements StrictServerInterface.
func (s *Server) ListFeeds(ctx context.Context, _ ListFeedsRequestObject) (ListFeedsResponseObject, error) {
	feeds, err := s.deps.Feeds.List(ctx, callerOf(ctx).PersonID)
	if err != nil {
		return nil, err
	}
	out := FeedList{Items: make([]Feed, len(feeds))}
	for i, f := range feeds {
		out.Items[i] = showFeed(f)
	}
	return ListFeeds200JSONResponse(out), nil
}

// CreateFeed implements StrictServerInterface.
func (s *Server) CreateFeed(ctx context.Context, request CreateFeedRequestObject) (CreateFeedResponseObject, error) {
	in := request.Body
	if (in.Of == NewFeedOfRoom) != (in.Room != nil) {
		return nil, fault.Rule("feed_room_missing", `name the room of a calendar "of" a room, and of no other`).On("room")
	}
	feed, secret, err := s.deps.Feeds.Create(ctx, callerOf(ctx).Actor, given(in.Room), given(in.Name))
	if err != nil {
		return nil, err
	}
	return CreateFeed201JSONResponse{Feed: showFeed(feed), Url: s.cfg.PublicURL + calendarPath + secret + ".ics"}, nil
}

// RevokeFeed implements StrictServerInterface.
func (s *Server) RevokeFeed(ctx context.Context, request RevokeFeedRequestObject) (RevokeFeedResponseObject, error) {
	if err := s.deps.Feeds.Revoke(ctx, callerOf(ctx).PersonID, request.Feed); err != nil {
		return nil, err
	}
	return RevokeFeed204Response{}, nil
}

// GetCalendar implements StrictServerInterface. Who guesses is slowed down like who guesses passwords; who knows the
// secret is bounded like the person whose link it is.
func (s *Server) GetCalendar(ctx context.Context, request GetCalendarRequestObject) (GetCalendarResponseObject, error) {
	giveBack, err := s.accounts.Strangers(callerOf(ctx).address)
	if err != nil {
		return nil, err
	}
	secret, _ := strings.CutSuffix(request.File, ".ics")
	text, personID, err := s.deps.Feeds.Render(ctx, secret)
	if fault.KindOf(err) != fault.KindNotFound {
		giveBack()
	}
	if err != nil {
		return nil, err
	}
	if err := s.limits.allow(personID); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	file := calendarFile{text: text, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}
	for tag := range strings.SplitSeq(given(request.Params.IfNoneMatch), ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == file.etag || tag == "*" {
			file.text = nil
		}
	}
	return file, nil
}

// calendarFile is an answer; without a text the asker has it already.
type calendarFile struct {
	text []byte
	etag string
}

// VisitGetCalendarResponse implements GetCalendarResponseObject.
func (f calendarFile) VisitGetCalendarResponse(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "private, no-cache")
	if f.text == nil {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(f.text)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(f.text)
	return err
}
