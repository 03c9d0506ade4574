package sqldb

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
)

// Deeds about who may come in and who is told: people, their links and tokens, webhooks. No secret, address or hash is in them.

// deed begins one of whoever acts.
func deed(ctx context.Context, source booking.AuditSource, act booking.Act, id string, version int64, body any) booking.Deed {
	d := booking.Deed{Source: source, ID: id, Version: version, At: time.Now(), PersonID: account.Doer(ctx), Act: act}
	if body != nil {
		d.Body, _ = json.Marshal(body) // texts, lists of them and switches: it cannot fail
	}
	return d
}

func (t *tx) note(deeds ...booking.Deed) error { return t.send(deedWrites(deeds...)...) }

// stoodAs is what the audit tells of a person.
type stoodAs struct {
	Login     string       `json:"login"`
	Name      string       `json:"name"`
	Role      account.Role `json:"role"`
	Programme string       `json:"programme"`
	Disabled  bool         `json:"disabled"`
}

func (t *tx) notePerson(ctx context.Context, before, after account.Person) error {
	body := func(p account.Person) stoodAs {
		return stoodAs{Login: p.Login, Name: p.Name, Role: p.Role, Programme: p.Programme, Disabled: !p.DisabledAt.IsZero()}
	}
	d := deed(ctx, booking.AuditPerson, booking.ActPersonChanged, after.ID, after.Version, body(after))
	d.OfID = after.ID
	switch {
	case before.ID == "" && d.PersonID == "" && after.Role == account.RoleStudent:
		return nil // of an import that brings a year of them one learns enough by the list of people
	case before.ID == "":
		d.Act = booking.ActPersonAdded
		return t.note(d)
	case before.PasswordHash != after.PasswordHash && body(before) == body(after):
		if d.Act = booking.ActPasswordSet; d.PersonID == "" {
			d.PersonID = after.ID // by a link
		}
	case before.Unnamed != after.Unnamed && body(before) == body(after):
		return nil // nobody's business
	}
	var known int
	if err := t.row("SELECT COUNT(*) FROM deeds WHERE source = $1 AND subject_id = $2", string(d.Source), d.ID).Scan(&known); err != nil {
		return err
	}
	if known == 0 { // what stood before it was noted
		first := deed(context.Background(), booking.AuditPerson, booking.ActPersonAdded, before.ID, before.Version, body(before))
		first.OfID, first.At = before.ID, before.CreatedAt
		if err := t.note(first); err != nil {
			return err
		}
	}
	return t.note(d)
}

func tokenDeed(ctx context.Context, act booking.Act, k account.Token) booking.Deed {
	body := map[string]any{"name": k.Name, "scopes": k.Scopes}
	version := int64(1)
	if act == booking.ActTokenRevoked {
		body, version = nil, 2
	} else if !k.ExpiresAt.IsZero() {
		body["expires_at"] = k.ExpiresAt.UTC().Format(time.RFC3339)
	}
	d := deed(ctx, booking.AuditToken, act, k.ID, version, body)
	d.OfID = k.PersonID
	return d
}

func hookDeed(ctx context.Context, act booking.Act, h courier.Hook) booking.Deed {
	if act == booking.ActHookRemoved {
		return deed(ctx, booking.AuditWebhook, act, h.ID, h.Version+1, nil)
	}
	body := map[string]any{"name": h.Name, "shape": h.Shape, "disabled": !h.DisabledAt.IsZero()}
	if len(h.Events) > 0 {
		body["events"] = len(h.Events)
	}
	if u, err := url.Parse(h.URL); err == nil {
		body["host"] = u.Host // what follows may be a robot's key
	}
	return deed(ctx, booking.AuditWebhook, act, h.ID, h.Version, body)
}
