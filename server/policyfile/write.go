package policyfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labtide/labtide/server/booking"
)

const header = `# The booking rules of the school: what is left out of a policy comes from the next wider one (school, site, room, kind,
# station). Keys say their units; times of day are by the site's clock. A section that is left out of a file that is
# imported stays as it is; one that is there becomes exactly what the file says.
`

// pair is one line of a mapping, or what stands below it.
type pair struct {
	key   string
	value any // int, bool, string, []string (in one line), []pair, [][]pair
}

// Write writes clauses. The names must know everything that they name.
func Write(clauses []booking.Clause, names booking.Register) ([]byte, error) {
	var rules []booking.PolicyRule
	var quotas, seasons, terms [][]pair
	for _, d := range clauses {
		switch v := d.(type) {
		case booking.PolicyRule:
			rules = append(rules, v)
		case booking.Quota:
			quotas = append(quotas, quotaPairs(v, names))
		case booking.Season:
			seasons = append(seasons, seasonPairs(v, names))
		case booking.Term:
			terms = append(terms, termPairs(v, names))
		default:
			return nil, fmt.Errorf("policyfile: %T is no clause", d)
		}
	}
	for _, section := range [][][]pair{quotas, seasons, terms} {
		slices.SortStableFunc(section, func(a, b []pair) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	out := bytes.NewBufferString(header)
	writeMap(out, "", []pair{
		{sectionPolicies, policyPairs(rules, names)}, {sectionQuotas, quotas}, {sectionSeasons, seasons}, {sectionTerms, terms},
	})
	return out.Bytes(), nil
}

func policyPairs(rules []booking.PolicyRule, names booking.Register) []pair {
	var out []pair
	for _, k := range scopeKeys() {
		var places []pair
		for _, r := range rules {
			if r.Scope == k.scope {
				places = append(places, pair{names.Name(r.Scope, r.ScopeID), limitPairs(r)})
			}
		}
		slices.SortFunc(places, func(a, b pair) int { return strings.Compare(a.key, b.key) })
		switch {
		case len(places) == 0:
		case k.scope == booking.ScopeSchool:
			out = append(out, pair{k.key, places[0].value})
		default:
			out = append(out, pair{k.key, places})
		}
	}
	return out
}

// limitPairs writes the limits that a rule sets, in the order of booking.Limits.
func limitPairs(r booking.PolicyRule) []pair {
	out := []pair{}
	values := r.Values()
	for _, name := range booking.Limits() {
		raw, there := values[name]
		if !there {
			continue
		}
		switch name {
		case "periods":
			list := []string{}
			for _, p := range *r.Periods {
				list = append(list, booking.Clock(p.Starts)+"-"+booking.Clock(p.Ends))
			}
			out = append(out, pair{name, list})
		case "off_peak":
			out = append(out, pair{name, hoursPairs(*r.OffPeak)})
		default:
			out = append(out, pair{name, plainValue(raw)})
		}
	}
	return out
}

// plainValue gives a whole number, a truth, a text or a list of texts as pair wants it.
func plainValue(raw json.RawMessage) any {
	var number int
	var truth bool
	var text string
	list := []string{}
	switch {
	case json.Unmarshal(raw, &number) == nil:
		return number
	case json.Unmarshal(raw, &truth) == nil:
		return truth
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	_ = json.Unmarshal(raw, &list) // limits have no other shape
	return list
}

func hoursPairs(hours []booking.Hours) [][]pair {
	out := [][]pair{}
	for _, h := range hours {
		var one []pair
		if len(h.Weekdays) > 0 {
			var days []string
			for _, day := range h.Weekdays {
				days = append(days, weekdays()[(day+6)%7])
			}
			one = append(one, pair{"weekdays", days})
		}
		out = append(out, append(one, pair{"from", booking.Clock(h.From)}, pair{"until", booking.Clock(h.Until)}))
	}
	return out
}

func quotaPairs(q booking.Quota, names booking.Register) []pair {
	out := []pair{{"name", q.Name}, {"scope", string(q.Scope)}}
	if q.Scope != booking.ScopeSchool {
		out = append(out, pair{"place", names.Name(q.Scope, q.ScopeID)})
	}
	out = append(out, pair{"per", string(q.Per)}, pair{"window", string(q.Window)})
	if q.MostBookings != nil {
		out = append(out, pair{"most_bookings", *q.MostBookings})
	}
	if q.MostMinutes != nil {
		out = append(out, pair{"most_minutes", *q.MostMinutes})
	}
	if len(q.Hours) > 0 {
		out = append(out, pair{"hours", hoursPairs(q.Hours)})
	}
	return out
}

func seasonPairs(s booking.Season, names booking.Register) []pair {
	out := append([]pair{{"name", s.Name}}, sitePair(s.SiteID, names)...)
	out = append(out,
		pair{"starts", string(s.Starts)}, pair{"ends", string(s.Ends)}, pair{"kinds", named(names, booking.ScopeKind, s.Kinds)},
		pair{"teams", named(names, booking.SortTeam, s.Teams)}, pair{"horizon_days", s.HorizonDays})
	if len(s.Priority) > 0 {
		out = append(out, pair{"priority", hoursPairs(s.Priority)})
	}
	return append(out, pair{"release_hours", s.ReleaseHours}, pair{"decay_after", s.DecayAfter})
}

func termPairs(t booking.Term, names booking.Register) []pair {
	out := append([]pair{{"name", t.Name}}, sitePair(t.SiteID, names)...)
	return append(out, pair{"starts", string(t.Starts)}, pair{"ends", string(t.Ends)})
}

func sitePair(id string, names booking.Register) []pair {
	if id == "" {
		return nil
	}
	return []pair{{"site", names.Name(booking.ScopeSite, id)}}
}

// named gives the names of things in the order in which the clause has them.
func named(names booking.Register, sort booking.Scope, ids []string) []string {
	out := []string{}
	for _, id := range ids {
		out = append(out, names.Name(sort, id))
	}
	return out
}

func writeMap(out *bytes.Buffer, indent string, pairs []pair) {
	for _, p := range pairs {
		out.WriteString(indent + quote(p.key) + ":")
		switch v := p.value.(type) {
		case []pair:
			if len(v) == 0 {
				out.WriteString(" {}\n")
				continue
			}
			out.WriteByte('\n')
			writeMap(out, indent+"  ", v)
		case [][]pair:
			writeMaps(out, indent+"  ", v)
		case []string:
			writeList(out, indent+"  ", v)
		case string:
			out.WriteString(" " + quote(v) + "\n")
		case int:
			out.WriteString(" " + strconv.Itoa(v) + "\n")
		case bool:
			out.WriteString(" " + strconv.FormatBool(v) + "\n")
		}
	}
}

func writeMaps(out *bytes.Buffer, indent string, maps [][]pair) {
	if len(maps) == 0 {
		out.WriteString(" []\n")
		return
	}
	out.WriteByte('\n')
	for _, m := range maps {
		var one bytes.Buffer
		writeMap(&one, indent+"  ", m)
		out.WriteString(indent + "- " + strings.TrimPrefix(one.String(), indent+"  "))
	}
}

// inOneLine is up to how many texts stand in one line.
const inOneLine = 8

func writeList(out *bytes.Buffer, indent string, list []string) {
	quoted := make([]string, len(list))
	for i, text := range list {
		quoted[i] = quote(text)
	}
	if len(list) <= inOneLine {
		out.WriteString(" [" + strings.Join(quoted, ", ") + "]\n")
		return
	}
	out.WriteString("\n" + indent + "- " + strings.Join(quoted, "\n"+indent+"- ") + "\n")
}

// bare is what needs no quotes: a word that no reader takes for a number, a truth or nothing, and days.
var bare = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_/-]*|[0-9]{4}-[0-9]{2}-[0-9]{2})$`)

// quote writes a text so that every reader of YAML reads this text again.
func quote(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
	default:
		if bare.MatchString(text) {
			return text
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text can always be written
	return strings.TrimSuffix(out.String(), "\n")
}
