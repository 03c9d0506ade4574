package sqldb

import "strings"

// manyRows is an INSERT into one table in a few sizes, each of which is compiled once: what many decisions of a transaction tell
// is stored by few statements.
type manyRows struct {
	sizes []int // the largest first, the last is 1
	texts []string
}

// newManyRows makes the texts; row is the VALUES of one, with ? for each parameter.
func newManyRows(into, row string) manyRows {
	m := manyRows{sizes: []int{16, 4, 1}}
	for _, size := range m.sizes {
		text := "INSERT INTO " + into + " VALUES " + strings.Repeat("("+row+"), ", size-1) + "(" + row + ")"
		for n := range strings.Count(text, "?") {
			text = strings.Replace(text, "?", param(n+1), 1)
		}
		m.texts = append(m.texts, text)
	}
	return m
}

// one inserts one row.
func (m manyRows) one(args []any) statement {
	return statement{text: m.texts[len(m.texts)-1], args: args}
}

// gather takes what one has made out of the statements, and puts it behind the others in as few as it can.
func (m manyRows) gather(all []statement) []statement {
	one := m.texts[len(m.texts)-1]
	var rows [][]any
	out := make([]statement, 0, len(all))
	for _, s := range all {
		if s.text == one {
			rows = append(rows, s.args)
		} else {
			out = append(out, s)
		}
	}
	for i, size := range m.sizes {
		for len(rows) >= size {
			args := make([]any, 0, size*len(rows[0]))
			for _, row := range rows[:size] {
				args = append(args, row...)
			}
			out, rows = append(out, statement{text: m.texts[i], args: args}), rows[size:]
		}
	}
	return out
}
