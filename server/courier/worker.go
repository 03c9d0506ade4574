package courier

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/labtide/labtide/server/mail"
	"github.com/labtide/labtide/server/webhook"
)

// Bounds of the work.
const (
	planBatch    = 200             // effects in one transaction
	maxUnderWay  = 32              // deliveries that are tried at once
	attemptLimit = time.Minute     // of one attempt
	lease        = 3 * time.Minute // longer than an attempt and its bookkeeping take
	poll         = time.Second     // between looks at what is due
	noteLimit    = 10 * time.Second
)

// Config is what a school decides.
type Config struct {
	PublicURL   string // of links, without a slash at its end
	Language    string // of people who have chosen none and of group robots: en or zh-CN
	Invitations bool   // send bookings that people make for themselves as calendar invitations
	Sender      string // whose invitations they are: the plain address that mails come from
}

// Mailer sends mail; errors are *mail.Error.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Poster posts webhooks; errors are *webhook.Error.
type Poster interface {
	Post(ctx context.Context, t webhook.Target, m webhook.Message) error
}

// Deps is what the worker works with.
type Deps struct {
	Store     Store
	Directory Directory
	Mail      Mailer // nil: no mail is sent
	Poster    Poster
	// Notify shows a notice at the devices of a station; nil: none is shown.
	Notify func(ctx context.Context, stationID string, n Notice) error
	Now    func() time.Time
	Log    *slog.Logger
}

// Worker delivers.
type Worker struct {
	cfg  Config
	deps Deps
	wake chan struct{}

	mu     sync.Mutex
	busy   map[string]bool      // lanes with a delivery under way
	paused map[string]time.Time // lanes whose target asked to be left alone until then
}

// New makes a worker. Run starts it.
func New(cfg Config, deps Deps) *Worker {
	return &Worker{cfg: cfg, deps: deps, wake: make(chan struct{}, 1), busy: map[string]bool{}, paused: map[string]time.Time{}}
}

// Run works until the context ends, then gives back what is under way. A store that fails is tried again at the next look.
func (w *Worker) Run(ctx context.Context) error {
	var underWay sync.WaitGroup
	defer underWay.Wait()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		more, err := w.planAll(ctx)
		if err == nil {
			err = w.start(ctx, &underWay)
		}
		if err != nil && ctx.Err() == nil {
			w.deps.Log.Warn("what is to be told could not be read; it is tried again in a moment", "error", err)
			more = false
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.wake:
		case <-ticker.C:
		}
	}
}

// start claims as many deliveries as there is room for, and tries them.
func (w *Worker) start(ctx context.Context, underWay *sync.WaitGroup) error {
	now := w.deps.Now()
	closed, room := w.closed(now)
	if room == 0 {
		return nil
	}
	claimed, err := w.deps.Store.Claim(ctx, now, lease, room, closed)
	if err != nil {
		return err
	}
	for _, d := range claimed {
		w.occupy(d.Lane, true)
		underWay.Go(func() {
			defer func() {
				w.occupy(d.Lane, false)
				w.look()
			}()
			w.try(ctx, d)
		})
	}
	return nil
}

// closed gives the lanes from which nothing may be taken now, and how many more deliveries may be under way.
func (w *Worker) closed(now time.Time) (lanes []string, room int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.paused, func(_ string, until time.Time) bool { return !until.After(now) })
	room = maxUnderWay - len(w.busy)
	lanes = slices.AppendSeq(slices.Collect(maps.Keys(w.busy)), maps.Keys(w.paused))
	slices.Sort(lanes)
	return slices.Compact(lanes), room
}

func (w *Worker) occupy(lane string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if on {
		w.busy[lane] = true
	} else {
		delete(w.busy, lane)
	}
}

// look makes the worker look at once for what is due.
func (w *Worker) look() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// try makes one attempt and notes how it ended.
func (w *Worker) try(ctx context.Context, d Delivery) {
	limited, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	var err error
	if w.deps.Now().After(d.GiveUpAt) {
		err = &lateError{d.Error}
	} else {
		err = w.deliver(limited, d)
	}
	// How it ended is noted even while the server shuts down: else what was sent would be sent again.
	noted, done := context.WithTimeout(context.WithoutCancel(ctx), noteLimit)
	defer done()
	if err := w.note(noted, d, err, ctx.Err() != nil); err != nil {
		w.deps.Log.Warn("how a delivery ended could not be noted; it is tried again", "delivery", d.ID, "error", err)
	}
}

// lateError is a delivery whose time is over.
type lateError struct{ last string }

func (e *lateError) Error() string {
	if e.last == "" {
		return "too late: nobody could act on it any more"
	}
	return "too late; the last attempt: " + readFailure(e.last).Text
}

// note stores how an attempt ended.
func (w *Worker) note(ctx context.Context, d Delivery, err error, stopping bool) error {
	now := w.deps.Now()
	if err == nil {
		return w.deps.Store.Finish(ctx, d, now, OutcomeSent, "")
	}
	if stopping {
		return w.deps.Store.Retry(ctx, d, now, Failure{Code: codeInterrupted, Text: "interrupted: the server was stopped"}.note())
	}
	if e := new(skipError); errors.As(err, &e) {
		return w.deps.Store.Finish(ctx, d, now, OutcomeSkipped, failureOf(d.Channel, err).note())
	}
	v := judge(err)
	if v.after > 0 {
		w.rest(d.Lane, now.Add(v.after))
	}
	if v.gone {
		if err := w.deps.Store.DisableHook(ctx, d.TargetID, now); err != nil {
			return err
		}
	}
	next := now.Add(max(pause(d.Channel, d.Attempts), v.after))
	late := new(lateError)
	if v.final || errors.As(err, &late) || next.After(d.GiveUpAt) {
		w.deps.Log.Warn("a message was not delivered", "channel", d.Channel, "event", d.Effect.Event, "delivery", d.ID,
			"attempts", d.Attempts, "error", err)
		return w.deps.Store.Finish(ctx, d, now, OutcomeDead, failureOf(d.Channel, err).note())
	}
	return w.deps.Store.Retry(ctx, d, next, failureOf(d.Channel, err).note())
}

func (w *Worker) rest(lane string, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paused[lane] = until
}
