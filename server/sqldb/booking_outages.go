package sqldb

import (
	"context"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// outageRows are the outages that a decision asks for.
type outageRows []equipment.Outage

// reads gives the statements of an ask.
func (o *outageRows) reads(d dialect, ask booking.Ask) []statement {
	*o = nil
	if len(ask.OutageIDs) == 0 {
		return nil
	}
	return []statement{{
		text: "SELECT " + outageColumns + " FROM outages WHERE " + d.among("id", 1), args: []any{d.list(distinct(ask.OutageIDs))},
		read: func(row scanner) error {
			found, err := scanOutage(row)
			*o = append(*o, found)
			return err
		},
	}}
}

func (o *outageRows) show(v *booking.View) {
	if len(*o) == 0 {
		return
	}
	v.Outages = make(map[string]equipment.Outage, len(*o))
	for _, found := range *o {
		v.Outages[found.ID] = found
	}
}

// outageWrites inserts, replaces, or removes those that end as they start.
func outageWrites(w booking.Write) []statement {
	var out []statement
	for _, o := range w.Outages {
		switch {
		case o.EndsAt.Equal(o.StartsAt):
			out = append(out, statement{text: "DELETE FROM outages WHERE id = $1", args: []any{o.ID}})
		case o.Version == 1:
			out = append(out, statement{text: insertInto("outages", outageColumns), args: []any{
				o.ID, o.StationID, o.StartsAt.Unix(), unix(o.EndsAt), o.Reason, o.CreatedBy, o.CreatedAt.Unix(), o.Version,
			}})
		default:
			out = append(out, statement{
				text: updateOf("outages", "starts_at, ends_at, reason, version"),
				args: []any{o.ID, o.StartsAt.Unix(), unix(o.EndsAt), o.Reason, o.Version},
			})
		}
	}
	return out
}

// OutageByID reads one outage.
func (b *Bookings) OutageByID(ctx context.Context, id string) (equipment.Outage, error) {
	missing := fault.NotFound("outage_unknown", "there is no outage %q", id)
	if !keyable(id) {
		return equipment.Outage{}, missing
	}
	o, err := scanOutage(b.db.direct(ctx).row("SELECT "+outageColumns+" FROM outages WHERE id = $1", id))
	return o, translate(found(err, missing))
}
