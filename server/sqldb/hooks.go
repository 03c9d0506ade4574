package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/fault"
)

const hookColumns = "id, name, url, secret, shape, events, disabled_at, created_by, created_at, version"

func scanHook(row scanner) (h courier.Hook, err error) {
	var events string
	var disabledAt sql.NullInt64
	var createdAt int64
	err = row.Scan(&h.ID, &h.Name, &h.URL, &h.Secret, &h.Shape, &events, &disabledAt, &h.CreatedBy, &createdAt, &h.Version)
	h.DisabledAt, h.CreatedAt = instant(disabledAt), secondsUTC(createdAt)
	for name := range strings.FieldsSeq(events) {
		h.Events = append(h.Events, booking.Event(name))
	}
	return h, err
}

// Hooks gives all webhooks by name.
func (c *Courier) Hooks(ctx context.Context) ([]courier.Hook, error) {
	out, err := list(c.db.direct(ctx), scanHook, "SELECT "+hookColumns+" FROM webhooks ORDER BY name, id")
	return out, translate(err)
}

// Hook reads one.
func (c *Courier) Hook(ctx context.Context, id string) (courier.Hook, error) {
	if !keyable(id) {
		return courier.Hook{}, errHookUnknown(id)
	}
	h, err := scanHook(c.db.direct(ctx).row("SELECT "+hookColumns+" FROM webhooks WHERE id = $1", id))
	return h, translate(found(err, errHookUnknown(id)))
}

func errHookUnknown(id string) error {
	return fault.NotFound("webhook_unknown", "there is no webhook %q", id)
}

// PutHook inserts or replaces.
func (c *Courier) PutHook(ctx context.Context, h courier.Hook) (courier.Hook, error) {
	if !keyable(h.ID) {
		return h, errHookUnknown(h.ID)
	}
	names := make([]string, len(h.Events))
	for i, e := range h.Events {
		names[i] = string(e)
	}
	err := c.db.write(ctx, func(t *tx) (err error) {
		put := h
		put.ID, put.Version, err = t.put(row{
			table: "webhooks", thing: "webhook", id: h.ID, version: h.Version,
			fields: []field{
				{"name", h.Name}, {"url", h.URL}, {"secret", h.Secret}, {"shape", string(h.Shape)}, {"events", strings.Join(names, " ")},
				{"disabled_at", unix(h.DisabledAt)},
			},
			fixed: []field{{"created_by", h.CreatedBy}, {"created_at", h.CreatedAt.Unix()}},
		})
		if err != nil {
			return err
		}
		act := booking.ActHookChanged
		if h.Version == 0 {
			act = booking.ActHookAdded
		}
		if h, err = scanHook(t.row("SELECT "+hookColumns+" FROM webhooks WHERE id = $1", put.ID)); err != nil {
			return err
		}
		return t.note(hookDeed(ctx, act, h))
	})
	return h, err
}

// DeleteHook removes one that still has the version.
func (c *Courier) DeleteHook(ctx context.Context, id string, version int64) error {
	if !keyable(id) {
		return errHookUnknown(id)
	}
	return c.db.write(ctx, func(t *tx) error {
		n, err := t.exec("DELETE FROM webhooks WHERE id = $1 AND version = $2", id, version)
		if err != nil {
			return err
		}
		if n > 0 {
			return t.note(hookDeed(ctx, booking.ActHookRemoved, courier.Hook{ID: id, Version: version}))
		}
		return t.missed(row{table: "webhooks", thing: "webhook", id: id})
	})
}

// DisableHook notes that the target wants no more.
func (c *Courier) DisableHook(ctx context.Context, id string, now time.Time) error {
	return c.db.write(ctx, func(t *tx) error {
		h, err := scanHook(t.row("UPDATE webhooks SET disabled_at = $2, version = version + 1 WHERE id = $1 AND disabled_at IS NULL RETURNING "+hookColumns, id, now.Unix()))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return t.note(hookDeed(ctx, booking.ActHookChanged, h))
	})
}
