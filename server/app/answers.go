package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/labtide/labtide/server/httpapi"
	"github.com/labtide/labtide/server/sqldb"
)

// answers keeps HTTP answers in a store that only knows bytes.
type answers struct{ store *sqldb.Idempotency }

func (a answers) Begin(ctx context.Context, personID, key string, bodyHash []byte, now time.Time) (httpapi.Answer, bool, error) {
	var answer httpapi.Answer
	text, began, err := a.store.Begin(ctx, personID, key, bodyHash, now)
	if err != nil || began {
		return answer, began, err
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return answer, false, fmt.Errorf("read a kept answer: %w", err)
	}
	return answer, false, nil
}

func (a answers) Finish(ctx context.Context, personID, key string, answer httpapi.Answer) error {
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return a.store.Finish(ctx, personID, key, text)
}

func (a answers) Release(ctx context.Context, personID, key string) error {
	return a.store.Release(ctx, personID, key)
}
