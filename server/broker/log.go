package broker

import (
	"context"
	"log/slog"
	"strconv"

	"golang.org/x/time/rate"
)

// quiet is the library's way into our log. The library logs whole packets, payloads and all, at levels that anybody on
// the network can reach: so everything becomes debug, and only attributes that name things pass.
type quiet struct{ slog.Handler }

// Enabled asks for the level at which it will be written.
func (q quiet) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle writes the record without what is in packets.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	kept := slog.NewRecord(r.Time, slog.LevelDebug, "MQTT library: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "error", "client", "listener", "remote":
			kept.AddAttrs(a)
		}
		return true
	})
	return q.Handler.Handle(ctx, kept)
}

// WithAttrs and WithGroup drop what the library would add to each line.
func (q quiet) WithAttrs([]slog.Attr) slog.Handler { return q }

// WithGroup keeps the handler as it is.
func (q quiet) WithGroup(string) slog.Handler { return q }

// limited logs what strangers can cause, but no more than a few lines a second of it; the metrics count all.
type limited struct{ limiter *rate.Limiter }

func newLimited() limited { return limited{rate.NewLimiter(2, 20)} }

func (l limited) log(log *slog.Logger, level slog.Level, message string, args ...any) {
	if l.limiter.Allow() {
		log.Log(context.Background(), level, message, args...)
	}
}

// printable makes bytes of a stranger fit for a log: quoted, and not longer than a device id.
func printable(b []byte) string { return strconv.QuoteToASCII(string(b[:min(len(b), 63)])) }
