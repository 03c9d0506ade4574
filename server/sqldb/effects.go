package sqldb

import (
	"encoding/json"

	"github.com/labtide/labtide/server/booking"
)

// effectRows stores what is to be told, in the transaction of what it tells of.
func effectRows() manyRows {
	return newManyRows("effects (id, at, event, person_id, booking_id, station_id, body, due_at, attempts, error)", "?, ?, ?, ?, ?, ?, ?, ?, 0, ''")
}

// effectWrites gives the statements that store effects.
func effectWrites(rows manyRows, effects []booking.Effect) []statement {
	out := make([]statement, 0, len(effects))
	for _, e := range effects {
		out = append(out, rows.one(effectValues(e)))
	}
	return out
}

func effectValues(e booking.Effect) []any {
	if e.ID == "" {
		e.ID = NewID()
	}
	if e.DueAt.IsZero() {
		e.DueAt = e.At
	}
	return []any{e.ID, e.At.Unix(), string(e.Event), e.PersonID, e.BookingID, e.StationID, bodyText(e.Body), e.DueAt.Unix()}
}

// bodyText writes facts as JSON, free of what a database refuses.
func bodyText(body map[string]string) string {
	if len(body) == 0 {
		return ""
	}
	clean := make(map[string]string, len(body))
	for name, fact := range body {
		clean[storable(name)] = storable(fact)
	}
	text, _ := json.Marshal(clean) // texts: it cannot fail
	return string(text)
}

func readBody(text string) (body map[string]string, err error) {
	if text == "" {
		return nil, nil
	}
	return body, json.Unmarshal([]byte(text), &body)
}

// effectColumns are what scanEffect reads, behind the table's short name.
const effectColumns = "e.id, e.at, e.event, e.person_id, e.booking_id, e.station_id, e.body"

// effectFields gives where effectColumns are scanned to, and what to do with them afterwards.
func effectFields(e *booking.Effect) (into []any, finish func() error) {
	var at int64
	var body string
	return []any{&e.ID, &at, &e.Event, &e.PersonID, &e.BookingID, &e.StationID, &body}, func() (err error) {
		e.At = secondsUTC(at)
		e.Body, err = readBody(body)
		return err
	}
}
