package sqldb

import (
	"bytes"
	"context"
	"time"

	"github.com/labtide/labtide/server/fault"
)

// Idempotency remembers the answers to requests that may be sent twice. To it an answer is bytes: httpapi makes them.
type Idempotency struct{ db *DB }

// NewIdempotency makes the store.
func NewIdempotency(db *DB) *Idempotency { return &Idempotency{db: db} }

const (
	// keyLife is for how long a key stands for its first request.
	keyLife = 24 * time.Hour
	// attemptLife is after how long a request without an answer counts as dead: its server was killed. The next one with
	// the key may then run, and meets what the dead one has left behind.
	attemptLife = time.Minute
)

// Begin claims a key. Exactly one of several callers at once gets began, runs the request, and calls Finish or Release. The
// others get the answer, or a fault: request_under_way (conflict) while there is none, idempotency_key_reused (rule) when
// the key came with another body.
func (i *Idempotency) Begin(ctx context.Context, person, key string, bodyHash []byte, now time.Time) (answer []byte, began bool, err error) {
	if !keyable(key) {
		return nil, false, fault.Invalid("idempotency_key_invalid", "the Idempotency-Key must be plain text")
	}
	const claim = `INSERT INTO idempotency_keys (person_id, key, body_hash, begun_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person_id, key) DO NOTHING`
	if n, err := i.db.writeOne(ctx, claim, person, key, bodyHash, now.Unix()); err != nil || n == 1 {
		return nil, err == nil, err // the usual case: nobody has sent this key before
	}
	err = i.db.write(ctx, func(t *tx) error {
		answer, began = nil, false
		n, err := t.exec(claim, person, key, bodyHash, now.Unix()) // it may be gone by now
		if err != nil || n == 1 {
			began = err == nil
			return err
		}
		var hash []byte
		var begun int64
		err = t.row("SELECT body_hash, answer, begun_at FROM idempotency_keys WHERE person_id = $1 AND key = $2"+t.dialect.forUpdate,
			person, key).Scan(&hash, &answer, &begun)
		if err != nil {
			return err
		}
		age := now.Sub(time.Unix(begun, 0))
		switch {
		case age >= keyLife:
		case !bytes.Equal(hash, bodyHash):
			return fault.Rule("idempotency_key_reused", "this Idempotency-Key was sent with another body; make a new key for a new request")
		case answer != nil:
			return nil
		case age < attemptLife:
			return fault.Conflict("request_under_way", "the same request is under way; ask again in a moment")
		}
		answer, began = nil, true
		_, err = t.exec("UPDATE idempotency_keys SET body_hash = $3, begun_at = $4, answer = NULL WHERE person_id = $1 AND key = $2",
			person, key, bodyHash, now.Unix())
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return answer, began, nil
}

// Finish keeps the answer, which must not be empty, for those who ask again.
func (i *Idempotency) Finish(ctx context.Context, person, key string, answer []byte) error {
	_, err := i.db.writeOne(ctx, "UPDATE idempotency_keys SET answer = $3 WHERE person_id = $1 AND key = $2", person, key, answer)
	return err
}

// Release gives a claim up: the request may be sent again as if it had never come.
func (i *Idempotency) Release(ctx context.Context, person, key string) error {
	_, err := i.db.writeOne(ctx, "DELETE FROM idempotency_keys WHERE person_id = $1 AND key = $2 AND answer IS NULL", person, key)
	return err
}
