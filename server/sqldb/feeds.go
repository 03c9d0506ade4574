package sqldb

import (
	"context"
	"database/sql"
	"time"

	"github.com/labtide/labtide/server/courier"
)

const feedColumns = "id, hash, person_id, room_id, name, created_at, revoked_at, last_used_at"

func scanFeed(row scanner) (f courier.Feed, err error) {
	var createdAt int64
	var revokedAt, usedAt sql.NullInt64
	err = row.Scan(&f.ID, &f.Hash, &f.PersonID, &f.RoomID, &f.Name, &createdAt, &revokedAt, &usedAt)
	f.CreatedAt, f.RevokedAt, f.LastUsedAt = secondsUTC(createdAt), instant(revokedAt), instant(usedAt)
	return f, err
}

// InsertFeed stores a calendar link.
func (c *Courier) InsertFeed(ctx context.Context, f courier.Feed) (courier.Feed, error) {
	if f.ID == "" {
		f.ID = NewID()
	}
	_, err := c.db.writeOne(ctx, `INSERT INTO calendar_feeds (id, hash, person_id, room_id, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		f.ID, f.Hash, f.PersonID, f.RoomID, storable(f.Name), f.CreatedAt.Unix())
	return f, err
}

// Feeds gives the links of a person that work, oldest first.
func (c *Courier) Feeds(ctx context.Context, personID string) ([]courier.Feed, error) {
	out, err := list(c.db.direct(ctx), scanFeed, "SELECT "+feedColumns+
		" FROM calendar_feeds WHERE person_id = $1 AND revoked_at IS NULL ORDER BY created_at, id", personID)
	return out, translate(err)
}

// FeedByHash finds the link of a secret, and notes its use as precisely as that of tokens.
func (c *Courier) FeedByHash(ctx context.Context, hash []byte, now time.Time) (courier.Feed, error) {
	f, err := scanFeed(c.db.direct(ctx).row("SELECT "+feedColumns+" FROM calendar_feeds WHERE hash = $1 AND revoked_at IS NULL", hash))
	if err != nil {
		return f, translate(found(err, courier.ErrFeedUnknown()))
	}
	if now.Sub(f.LastUsedAt) < usedEvery {
		return f, nil
	}
	_, err = c.db.writeOne(ctx, "UPDATE calendar_feeds SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)", f.ID, now.Unix())
	f.LastUsedAt = now.UTC().Truncate(time.Second)
	return f, err
}

// RevokeFeed ends a link of that person.
func (c *Courier) RevokeFeed(ctx context.Context, personID, id string, now time.Time) error {
	if !keyable(id) {
		return courier.ErrFeedUnknown()
	}
	n, err := c.db.writeOne(ctx, "UPDATE calendar_feeds SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL", id, personID, now.Unix())
	if err == nil && n == 0 {
		return courier.ErrFeedUnknown()
	}
	return err
}
