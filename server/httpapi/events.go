package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labtide/labtide/server/live"
)

const (
	eventsPath  = "/api/v1/events"
	eventStream = "text/event-stream"
	// heartbeat is how often a stream says that it is alive while nothing happens.
	heartbeat = 15 * time.Second
	// recheck is how often a stream asks whether its watcher may still watch, and as what.
	recheck = 15 * time.Second
	// writeWithin is how long a client may take to accept an event.
	writeWithin = 30 * time.Second
)

// StreamEvents implements StrictServerInterface.
func (s *Server) StreamEvents(ctx context.Context, request StreamEventsRequestObject) (StreamEventsResponseObject, error) {
	stream := &stream{Server: s, ctx: ctx, who: callerOf(ctx), after: given(request.Params.After)}
	if request.Params.LastEventID != nil {
		stream.after = *request.Params.LastEventID
	}
	if request.Params.Room != nil {
		room, _, err := s.room(ctx, *request.Params.Room)
		if err != nil {
			return nil, err
		}
		stream.room = room.ID
	}
	return stream, nil
}

// stream is one watcher's answer; it lasts as long as they watch.
type stream struct {
	*Server
	ctx   context.Context //nolint:containedctx // the answer is written after the handler has returned
	who   *caller
	room  string // id; empty: all
	after string
}

// VisitStreamEventsResponse implements StreamEventsResponseObject.
func (st *stream) VisitStreamEventsResponse(w http.ResponseWriter) error {
	watch, gap := st.deps.Board.Watch(st.after)
	defer watch.Close()
	st.metrics.streams.Inc()
	defer st.metrics.streams.Dec()
	out := &eventWriter{w: w, control: http.NewResponseController(w)}
	w.Header().Set("Content-Type", eventStream)
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that gathers would make the board late
	w.WriteHeader(http.StatusOK)
	first := "retry: 2000\n\n"
	if gap {
		first += "event: reset\ndata: {}\n\n"
	}
	if err := out.write(first); err != nil {
		return nil // the client is gone: nobody is left to tell
	}
	beat := time.NewTicker(st.heartbeat)
	defer beat.Stop()
	again := time.NewTicker(st.recheck)
	defer again.Stop()
	for {
		select {
		case <-st.ctx.Done():
			return nil
		case <-st.stopping.Done():
			return nil
		case event, ok := <-watch.Events():
			if !ok {
				return nil // too slow: the client comes back with its last id
			}
			if st.room != "" && event.Card.Station.RoomID != st.room {
				continue
			}
			if err := st.send(out, event); err != nil {
				return nil // as above
			}
			beat.Reset(st.heartbeat)
		case <-again.C:
			if err := st.identifyAgain(); err != nil {
				return nil // no longer allowed, or unknown: a new request will be told
			}
		case <-beat.C:
			if err := out.write(": still here\n\n"); err != nil {
				return nil // as above
			}
		}
	}
}

// identifyAgain makes the watcher who they are now: signed out, a revoked token and a new password end the stream, and a
// new role decides which names it shows.
func (st *stream) identifyAgain() error {
	who := &caller{address: st.who.address, writer: st.who.writer, request: st.who.request}
	if err := st.identify(who.request, who); err != nil {
		return err
	}
	st.who = who
	return authorise(st.operations[http.MethodGet+" "+eventsPath], who)
}

// send writes an event as this watcher may see it.
func (st *stream) send(out *eventWriter, event live.Event) error {
	directory, err := st.directory.get(st.ctx)
	if err != nil {
		return err
	}
	data, err := json.Marshal(directory.boardStation(st.who, event.Card))
	if err != nil {
		return fmt.Errorf("httpapi: event: %w", err)
	}
	return out.write(fmt.Sprintf("id: %s\nevent: station\ndata: %s\n\n", event.ID, data))
}

// eventWriter writes whole events, each at once.
type eventWriter struct {
	w       io.Writer
	control *http.ResponseController
}

func (e *eventWriter) write(text string) error {
	// Not every writer has a deadline; those of real connections do.
	_ = e.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := io.WriteString(e.w, text); err != nil {
		return err
	}
	return e.control.Flush()
}
