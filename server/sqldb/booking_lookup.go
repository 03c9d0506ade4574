package sqldb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// lookup is one call of ByID.
type lookup struct {
	caller
	id    string
	found booking.Booking
	known bool
}

// ByID reads one booking. Callers that come together share a query: whoever changes a booking looks at it first.
func (b *Bookings) ByID(ctx context.Context, id string) (booking.Booking, error) {
	unknown := fault.NotFound("booking_unknown", "there is no booking %q", id)
	if !keyable(id) {
		return booking.Booking{}, unknown
	}
	l := &lookup{caller: calling(ctx), id: id}
	var err error
	if b.db.joined(ctx) == nil {
		err = b.lookups.wait(l, b.lookUp)
	} else {
		err = translate(b.db.direct(ctx).send(b.db.bookingsByID([]string{id}, l.take)))
	}
	if err == nil && !l.known {
		err = unknown
	}
	return l.found, err
}

func (l *lookup) take(found booking.Booking) {
	if found.ID == l.id {
		l.found, l.known = found, true
	}
}

// lookUp answers all with one query.
func (b *Bookings) lookUp(all []*lookup) {
	ctx, cancel := context.WithTimeout(context.Background(), maxTurn) // nobody may cancel the others
	defer cancel()
	ids := make([]string, len(all))
	for i, l := range all {
		ids[i] = l.id
	}
	query := b.db.bookingsByID(ids, func(found booking.Booking) {
		for _, l := range all {
			l.take(found)
		}
	})
	var err error
	if b.db.dialect.name == Postgres {
		err = b.db.onConn(ctx, func(pg *pgx.Conn) error { return sendPostgres(ctx, pg, []statement{byIndexes(), query}) })
	} else {
		err = b.db.direct(ctx).send(query)
	}
	err = translate(err)
	for _, l := range all {
		l.err = err
	}
}
