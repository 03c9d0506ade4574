package sqldb

import (
	"context"
	"crypto/rand"
)

// secretBytes is how long a secret of the server is.
const secretBytes = 32

// Secret gives the server's secret of that name, which all processes on one database share. The first who asks makes it.
func (db *DB) Secret(ctx context.Context, name string) (secret []byte, err error) {
	made := make([]byte, secretBytes)
	_, _ = rand.Read(made) // never fails: it ends the program instead
	err = db.write(ctx, func(t *tx) error {
		if _, err := t.exec("INSERT INTO server_secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, made); err != nil {
			return err
		}
		return t.row("SELECT value FROM server_secrets WHERE name = $1", name).Scan(&secret)
	})
	return secret, err
}
