package sqldb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/labtide/labtide/server/e2e/rig"
)

func TestBothDatabasesHaveTheSameSchema(t *testing.T) {
	lite := schemaOf(t, openTest(t, liteConfig(t)))
	postgres := schemaOf(t, openTest(t, Config{Driver: Postgres, DSN: rig.Postgres(t)}))
	for _, line := range lite {
		if !slices.Contains(postgres, line) {
			t.Errorf("only SQLite has      %s", line)
		}
	}
	for _, line := range postgres {
		if !slices.Contains(lite, line) {
			t.Errorf("only PostgreSQL has  %s", line)
		}
	}
	if len(lite) < 100 {
		t.Errorf("the schema has %d columns and indexes: the test does not see it", len(lite))
	}
}

func TestSeveralProcessesMayStartOnAnEmptyDatabaseAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		if cfg.Driver == SQLite {
			cfg = emptyLite(t)
		}
		handles := make([]*DB, 4)
		var group errgroup.Group
		for i := range handles {
			group.Go(func() (err error) {
				handles[i], err = Open(t.Context(), cfg, discard())
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		for _, db := range handles {
			if db != nil {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// schemaOf gives a line per column and per index, in words that both databases share.
func schemaOf(t *testing.T, db *DB) []string {
	t.Helper()
	// SQLite keeps its expressions only as text, so the definition of an index is compared as text in both.
	columns := `SELECT m.name, c.name, lower(c.type), c."notnull" FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%'`
	indexes := `SELECT tbl_name, name, sql, 0 FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`
	if db.dialect.name == Postgres {
		columns = `SELECT table_name, column_name, data_type, (is_nullable = 'NO')::int FROM information_schema.columns
			WHERE table_schema = 'public' AND table_name NOT LIKE 'goose_%'`
		// Indexes behind constraints (keys, EXCLUDE) have no name that both share; the tests of the stores prove those.
		indexes = `SELECT tablename, indexname, indexdef, 0 FROM pg_indexes WHERE schemaname = 'public'
			AND tablename NOT LIKE 'goose_%' AND indexname NOT IN (SELECT conname FROM pg_constraint)`
	}
	var lines []string
	read := func(row scanner, what string) error {
		var table, name, text string
		var notNull int
		if err := row.Scan(&table, &name, &text, &notNull); err != nil {
			return err
		}
		if what == "column" {
			text = sharedType(text)
		} else {
			text = sharedIndex(text)
		}
		lines = append(lines, fmt.Sprintf("%s %s.%s %s not null: %d", what, table, name, text, notNull))
		return nil
	}
	for what, query := range map[string]string{"column": columns, "index": indexes} {
		if err := db.direct(t.Context()).each(func(row scanner) error { return read(row, what) }, query); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

func sharedType(name string) string {
	switch name {
	case "bigint", "boolean", "integer":
		return "integer"
	case "bytea", "bit", "blob":
		return "blob"
	case "double precision":
		return "real"
	}
	return name
}

var beforeColumns = regexp.MustCompile(`^.*? ON \S+ (?:USING \w+ )?`)

// sharedIndex leaves uniqueness, columns and condition of CREATE INDEX.
func sharedIndex(definition string) string {
	rest := beforeColumns.ReplaceAllString(definition, "")
	rest = strings.NewReplacer("(", "", ")", "", "'", "", "::text", "").Replace(rest)
	rest = strings.Join(strings.Fields(rest), " ")
	if strings.HasPrefix(definition, "CREATE UNIQUE") {
		return "unique " + rest
	}
	return rest
}
