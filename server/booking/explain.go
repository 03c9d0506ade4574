package booking

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// Origin is the scope that a limit comes from. The zero one: nobody has said anything, and DefaultPolicy holds.
type Origin struct {
	Scope   Scope
	ScopeID string
}

// Explained is what holds at a place, and why.
type Explained struct {
	Policy  Policy
	Origins map[string]Origin // by the limit's name; those that are not there have their default
	Quotas  []Quota
	Seasons []Season // those that are not over
	Terms   []Term   // those that are not over
}

// Limits gives the names of all limits, in the order in which PolicyRule has them.
func Limits() []string {
	var names []string
	for field := range reflect.TypeFor[PolicyRule]().Fields() {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// Values gives the limits that the rule sets, by name, as they are stored.
func (r PolicyRule) Values() map[string]json.RawMessage {
	values := map[string]json.RawMessage{}
	_ = json.Unmarshal(encode(r), &values) // it was written just now
	return values
}

// Rule gives a rule that sets every limit as the policy has it.
func (p Policy) Rule() PolicyRule {
	if p.Periods == nil {
		p.Periods = []Period{}
	}
	if p.OffPeak == nil {
		p.OffPeak = []Hours{}
	}
	if p.OffPeakWaives == nil {
		p.OffPeakWaives = []string{}
	}
	return PolicyRule{
		GridMinutes: &p.GridMinutes, Periods: &p.Periods, ShortestMinutes: &p.ShortestMinutes, LongestMinutes: &p.LongestMinutes,
		HorizonDays: &p.HorizonDays, NoticeMinutes: &p.NoticeMinutes, ChangeNoticeMinutes: &p.ChangeNoticeMinutes,
		CancelNoticeMinutes: &p.CancelNoticeMinutes, BufferMinutes: &p.BufferMinutes, ClassLongestMinutes: &p.ClassLongestMinutes,
		ClassHorizonDays: &p.ClassHorizonDays, ManyStations: &p.ManyStations, TravelMinutes: &p.TravelMinutes,
		Qualification: &p.Qualification, QualificationUnusedDays: &p.QualificationUnusedDays, MinPeople: &p.MinPeople,
		Approval: &p.Approval, GraceMinutes: &p.GraceMinutes, FreesAbsent: &p.FreesAbsent, StrikeAbsent: &p.StrikeAbsent,
		StrikeLimit: &p.StrikeLimit, StrikeDays: &p.StrikeDays, CheckInQR: &p.CheckInQR, IdleReleaseMinutes: &p.IdleReleaseMinutes,
		IdleWarningMinutes: &p.IdleWarningMinutes, HoldMinutes: &p.HoldMinutes, OffPeak: &p.OffPeak, OffPeakWaives: &p.OffPeakWaives,
	}
}

// chain gives the scopes that a station lies in, from the widest to the narrowest.
func chain(s equipment.Station) []Origin {
	return []Origin{
		{Scope: ScopeSchool}, {ScopeSite, s.SiteID}, {ScopeRoom, s.RoomID}, {ScopeKind, s.KindID}, {ScopeStation, s.ID},
	}
}

// Explain tells what holds at a station, by id or by a code that only one site uses.
func (r *Rules) Explain(idOrCode string, now time.Time) (Explained, bool) {
	p := r.place(idOrCode)
	if p == nil {
		return Explained{}, false
	}
	out := r.explain(chain(p.Station))
	today := equipment.DayOf(now, p.loc)
	for _, s := range r.facts.Seasons {
		if s.Ends >= today && (s.SiteID == "" || s.SiteID == p.SiteID) && slices.Contains(s.Kinds, p.KindID) {
			out.Seasons = append(out.Seasons, s)
		}
	}
	for _, t := range r.facts.Terms {
		if t.Ends >= today && (t.SiteID == "" || t.SiteID == p.SiteID) {
			out.Terms = append(out.Terms, t)
		}
	}
	return out, true
}

// explain lays the rules of the scopes over each other and notes which said what.
func (r *Rules) explain(scopes []Origin) Explained {
	out := Explained{Policy: DefaultPolicy(), Origins: map[string]Origin{}}
	for _, at := range scopes {
		for _, rule := range r.facts.Policies {
			if rule.Scope != at.Scope || rule.ScopeID != at.ScopeID {
				continue
			}
			out.Policy = rule.over(out.Policy)
			for name := range rule.Values() {
				out.Origins[name] = at
			}
		}
	}
	for _, q := range r.facts.Quotas {
		if slices.Contains(scopes, Origin{q.Scope, q.ScopeID}) {
			out.Quotas = append(out.Quotas, q)
		}
	}
	return out
}

// tomorrow gives the first instant of tomorrow by the station's clock.
func (p *place) tomorrow(now time.Time) time.Time {
	return equipment.DayOf(now, p.loc).Next().Start(p.loc)
}

// Waivable gives the codes of the rules that need not hold off-peak: those that somebody may override.
func Waivable() []string {
	var codes []string
	for _, r := range ruleBook() {
		if !r.firm {
			codes = append(codes, r.code)
		}
	}
	return codes
}
