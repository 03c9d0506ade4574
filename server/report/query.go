package report

import (
	"time"

	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// check refuses a query that is wrong or too large, naming the parameter.
func (q Query) check() error {
	from, err := parseDay(q.From, "from")
	if err != nil {
		return err
	}
	to, err := parseDay(q.To, "to")
	if err != nil {
		return err
	}
	days := int(to.Sub(from) / (24 * time.Hour))
	switch {
	case days <= 0:
		return fault.Invalid("range_empty", "to must be a day after from; it is not part of the report").On("to")
	case days > LongestDays:
		return fault.Invalid("range_too_long", "ask for at most %d days at a time", LongestDays).On("to")
	}
	switch q.GroupBy {
	case "", GroupSite, GroupRoom, GroupKind, GroupStation, GroupProgramme:
		return nil
	}
	return fault.Invalid("group_unknown", "group by site, room, kind, station or programme").On("group_by")
}

func parseDay(day equipment.Day, field string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return at, fault.Invalid("day_invalid", "%q is no day; write it as 2026-11-22", string(day)).On(field)
	}
	return at, nil
}

// span gives the query's time at a site, as far as its minutes have passed.
func (q Query) span(loc *time.Location, now time.Time) equipment.Interval {
	span := equipment.Interval{From: q.From.Start(loc), Until: q.To.Start(loc)}
	if passed := now.Truncate(time.Minute); span.Until.After(passed) {
		span.Until = passed
	}
	return span
}
