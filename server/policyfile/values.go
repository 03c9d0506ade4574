package policyfile

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// policy reads the limits of a scope.
func (r *reader) policy(at entry, scope booking.Scope, id string) {
	rule := booking.PolicyRule{Scope: scope, ScopeID: id}
	entries := r.mapping(at.value, at.path)
	before := len(r.faults)
	for _, e := range entries {
		switch {
		case !slices.Contains(booking.Limits(), e.name):
			r.unknown(e, booking.Limits())
		case e.name == "periods":
			periods := r.periods(e)
			rule.Periods = &periods
		case e.name == "off_peak":
			hours := r.hours(e)
			rule.OffPeak = &hours
		case e.name == "off_peak_waives":
			codes := r.texts(e)
			rule.OffPeakWaives = &codes
		default:
			r.into(e, &rule)
		}
	}
	if len(r.faults) == before {
		r.decided(at, entries, rule)
	}
}

// into sets one field of a clause that is a whole number, a truth or a text.
func (r *reader) into(e entry, clause any) {
	var value any
	switch v := e.value.(type) {
	case *ast.BoolNode:
		value = v.Value
	case *ast.IntegerNode:
		n, err := strconv.Atoi(v.GetToken().Value)
		if text := v.GetToken().Value; err != nil || strconv.Itoa(n) != text {
			r.addLine(e.line, e.path, "wrong_type", "%q is no plain whole number", text)
			return
		}
		value = n
	case *ast.StringNode:
		value = v.Value
	default:
		r.addLine(e.line, e.path, "wrong_type", "this has another shape than %s may have", e.name)
		return
	}
	raw, err := json.Marshal(map[string]any{e.name: value})
	if err == nil {
		err = json.Unmarshal(raw, clause)
	}
	if err != nil {
		r.addLine(e.line, e.path, "wrong_type", "%s cannot be %v", e.name, value)
	}
}

// text reads a name, a code or a word.
func (r *reader) text(e entry) string {
	text, ok := textOf(e.value)
	if !ok {
		r.addLine(e.line, e.path, "wrong_type", "this must be a text")
	}
	return text
}

func (r *reader) texts(e entry) []string {
	out := []string{}
	for _, n := range r.list(e) {
		text, ok := textOf(n)
		if !ok {
			r.add(n, e.path, "wrong_type", "this must be a list of texts")
			continue
		}
		out = append(out, text)
	}
	return out
}

// found reads a list of names of things.
func (r *reader) found(e entry, sort booking.Scope) []string {
	out := []string{}
	for _, name := range r.texts(e) {
		if id, ok := r.find(e, sort, name); ok {
			out = append(out, id)
		}
	}
	return out
}

func (r *reader) day(e entry) equipment.Day {
	text := r.text(e)
	day, err := equipment.ParseDay(text)
	if err != nil {
		r.addLine(e.line, e.path, "wrong_format", "%q is no day; write it like 2026-11-22", text)
	}
	return day
}

// clock reads a time of day; a fault is told with the entry that it is part of.
func (r *reader) clock(e entry, text string) int {
	minute, err := booking.ParseClock(text)
	if err != nil {
		r.addLine(e.line, e.path, "wrong_format", `%q is no time of day; write it like "08:30"`, text)
	}
	return minute
}

// periods reads lesson periods: "08:00-08:45".
func (r *reader) periods(e entry) []booking.Period {
	out := []booking.Period{}
	for _, text := range r.texts(e) {
		from, until, two := strings.Cut(text, "-")
		if !two {
			r.addLine(e.line, e.path, "wrong_format", `%q is no lesson period; write it like "08:00-08:45"`, text)
			continue
		}
		out = append(out, booking.Period{Starts: r.clock(e, strings.TrimSpace(from)), Ends: r.clock(e, strings.TrimSpace(until))})
	}
	return out
}

// hours reads times of the week.
func (r *reader) hours(e entry) []booking.Hours {
	out := []booking.Hours{}
	for i, n := range r.list(e) {
		var h booking.Hours
		seen := 0
		path := e.path + "[" + strconv.Itoa(i+1) + "]"
		for _, part := range r.mapping(n, path) {
			switch part.name {
			case "weekdays":
				h.Weekdays = r.weekdays(part)
			case "from":
				h.From, seen = r.clock(part, r.text(part)), seen+1
			case "until":
				h.Until, seen = r.clock(part, r.text(part)), seen+1
			default:
				r.unknown(part, []string{"weekdays", "from", "until"})
			}
		}
		if seen != 2 {
			r.add(n, path, "required", "hours need from and until")
		}
		out = append(out, h)
	}
	return out
}

func (r *reader) weekdays(e entry) []int {
	var out []int
	for _, text := range r.texts(e) {
		i := slices.Index(weekdays(), strings.ToLower(text))
		if i < 0 {
			r.addLine(e.line, e.path, "wrong_format", "%q is no weekday; write %s", text, strings.Join(weekdays(), ", "))
			continue
		}
		out = append(out, (i+1)%7)
	}
	return out
}

// clause reads the entries of a quota, season or term by the reader of each key. Keys that are needed and left out, and
// keys that are not known, are faults. It gives nothing when there is one.
func (r *reader) clause(at entry, keys map[string]func(entry), needed ...string) (entries []entry, ok bool) {
	before := len(r.faults)
	entries = r.mapping(at.value, at.path)
	var known []string
	for key := range keys {
		known = append(known, key)
	}
	slices.Sort(known)
	for _, e := range entries {
		if read := keys[e.name]; read != nil {
			read(e)
		} else {
			r.unknown(e, known)
		}
	}
	for _, key := range needed {
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.name == key }) {
			r.addLine(at.line, at.path, "required", "%s is missing", key)
		}
	}
	return entries, len(r.faults) == before
}

func (r *reader) quota(at entry) {
	var q booking.Quota
	var place *entry
	entries, ok := r.clause(at, map[string]func(entry){
		"name":          func(e entry) { q.Name = r.text(e) },
		"scope":         func(e entry) { q.Scope = booking.Scope(r.text(e)) },
		"place":         func(e entry) { place = &e },
		"per":           func(e entry) { q.Per = booking.QuotaPer(r.text(e)) },
		"window":        func(e entry) { q.Window = booking.QuotaWindow(r.text(e)) },
		"most_bookings": func(e entry) { r.into(e, &q) },
		"most_minutes":  func(e entry) { r.into(e, &q) },
		"hours":         func(e entry) { q.Hours = r.hours(e) },
	}, "name", "scope", "per", "window")
	if place != nil && ok {
		q.ScopeID, ok = r.find(*place, q.Scope, r.text(*place))
	}
	if ok {
		r.decided(at, entries, q)
	}
}

func (r *reader) season(at entry) {
	var s booking.Season
	entries, ok := r.clause(at, map[string]func(entry){
		"name":          func(e entry) { s.Name = r.text(e) },
		"site":          func(e entry) { s.SiteID, _ = r.find(e, booking.ScopeSite, r.text(e)) },
		"starts":        func(e entry) { s.Starts = r.day(e) },
		"ends":          func(e entry) { s.Ends = r.day(e) },
		"kinds":         func(e entry) { s.Kinds = r.found(e, booking.ScopeKind) },
		"teams":         func(e entry) { s.Teams = r.found(e, booking.SortTeam) },
		"horizon_days":  func(e entry) { r.into(e, &s) },
		"priority":      func(e entry) { s.Priority = r.hours(e) },
		"release_hours": func(e entry) { r.into(e, &s) },
		"decay_after":   func(e entry) { r.into(e, &s) },
	}, "name", "starts", "ends", "kinds", "teams")
	if ok {
		r.decided(at, entries, s)
	}
}

func (r *reader) term(at entry) {
	var t booking.Term
	entries, ok := r.clause(at, map[string]func(entry){
		"name":   func(e entry) { t.Name = r.text(e) },
		"site":   func(e entry) { t.SiteID, _ = r.find(e, booking.ScopeSite, r.text(e)) },
		"starts": func(e entry) { t.Starts = r.day(e) },
		"ends":   func(e entry) { t.Ends = r.day(e) },
	}, "name", "starts", "ends")
	if ok {
		r.decided(at, entries, t)
	}
}
