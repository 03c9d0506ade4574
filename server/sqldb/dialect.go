package sqldb

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// dialect is all that the SQL texts may differ by. Whatever needs more than a word is a method with two bodies beside its
// only user.
type dialect struct {
	name string // SQLite or Postgres
	// forUpdate ends a SELECT that locks the rows it reads. SQLite has one writer, and needs none.
	forUpdate string
}

func dialectOf(driver string) dialect {
	if driver == Postgres {
		return dialect{name: Postgres, forUpdate: " FOR UPDATE"}
	}
	return dialect{name: SQLite}
}

// among is the condition that a text column is one of the texts in parameter n, which list has made.
func (d dialect) among(column string, n int) string {
	if d.name == Postgres {
		return fmt.Sprintf("%s = ANY($%d)", column, n)
	}
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", column, n)
}

// word is the condition that a text column holds the word in parameter n; its words are separated by single spaces.
func (d dialect) word(column string, n int) string {
	if d.name == Postgres {
		return fmt.Sprintf("$%d = ANY(string_to_array(%s, ' '))", n, column)
	}
	return fmt.Sprintf("instr(' ' || %s || ' ', ' ' || $%d || ' ') > 0", column, n)
}

// anyWord is the condition that such a column holds one of the words in parameter n, which list has made.
func (d dialect) anyWord(column string, n int) string {
	if d.name == Postgres {
		return fmt.Sprintf("string_to_array(%s, ' ') && $%d", column, n)
	}
	return fmt.Sprintf("EXISTS (SELECT 1 FROM json_each($%d) WHERE instr(' ' || %s || ' ', ' ' || value || ' ') > 0)", n, column)
}

// list makes the parameter that among reads.
func (d dialect) list(texts []string) any {
	if d.name == Postgres {
		return texts
	}
	// A slice of strings cannot fail to marshal; invalid UTF-8 becomes U+FFFD and so matches nothing.
	text, _ := json.Marshal(texts)
	return string(text)
}

// param is the nth parameter of a text that is put together.
func param(n int) string { return "$" + strconv.Itoa(n) }

// likeEscape takes the meaning from the wildcards of LIKE … ESCAPE '\'.
var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
