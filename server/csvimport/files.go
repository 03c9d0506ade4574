package csvimport

import (
	"strings"
	"time"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/telemetry"
)

// layouts gives the files in the order in which they are read.
func layouts() []layout {
	return []layout{
		{"sites.csv", []string{"code", "name_en", "time_zone"}, []string{"name_zh"}},
		{"rooms.csv", []string{"site", "code", "name_en"}, []string{"name_zh"}},
		{"kinds.csv", []string{"code", "name_en"}, []string{"name_zh"}},
		{"stations.csv", []string{"room", "kind", "code"}, []string{"site", "name_en", "name_zh", "bookable", "since"}},
		{"devices.csv", []string{"device"}, []string{"name"}},
		{"placements.csv", []string{"device", "station", "from"}, []string{"until"}},
		{"opening_hours.csv", []string{"site", "opens", "closes"}, []string{"room", "weekday", "day", "valid_from", "valid_until", "reason"}},
		{"outages.csv", []string{"station", "starts_at"}, []string{"ends_at", "reason"}},
		{"people.csv", []string{"login", "name", "role"}, []string{"programme", "language", "email"}},
		{"teams.csv", []string{"code", "name"}, []string{"programme", "captains", "members"}},
		{"qualifications.csv", []string{"person", "kind"}, []string{"granted_at", "expires_at", "note"}},
		{"bookings.csv", []string{"station", "starts_at", "ends_at", "person"}, []string{"programme", "purpose", "status"}},
		{"usage.csv", []string{"device", "starts_at", "ends_at", "state"}, nil},
		{"samples.csv", []string{"device", "minute", "in_use_seconds", "idle_seconds"}, []string{"power_watts"}},
	}
}

func (r *reader) files() error {
	if err := anyFile(r.dir); err != nil {
		return err
	}
	lay, d := layouts(), r.data
	for _, read := range []func() error{
		func() error { return parse(r, &d.sites, lay[0], site) },
		func() error { return parse(r, &d.rooms, lay[1], room) },
		func() error { return parse(r, &d.kinds, lay[2], kind) },
		func() error { return parse(r, &d.stations, lay[3], station) },
		func() error { return parse(r, &d.devices, lay[4], device) },
		func() error { return parse(r, &d.placements, lay[5], placement) },
		func() error { return parse(r, &d.hours, lay[6], hours) },
		func() error { return parse(r, &d.outages, lay[7], outage) },
		func() error { return parse(r, &d.people, lay[8], person) },
		func() error { return parse(r, &d.teams, lay[9], team) },
		func() error { return parse(r, &d.qualifications, lay[10], qualification) },
		func() error { return parse(r, &d.bookings, lay[11], bookingOf) },
		func() error { return parse(r, &d.usage, lay[12], usage) },
		func() error { return parse(r, &d.samples, lay[13], sample) },
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

func site(r row) equipment.Site {
	zone := r.need("time_zone")
	if _, err := time.LoadLocation(zone); err != nil {
		r.fault("time_zone", "%q is no time zone; write an IANA name, such as Asia/Shanghai", zone)
	}
	return equipment.Site{Code: r.need("code"), Name: r.name(), TimeZone: zone}
}

func room(r row) roomRow {
	return roomRow{r.need("site"), equipment.Room{Code: r.need("code"), Name: r.name()}}
}

func kind(r row) equipment.Kind {
	return equipment.Kind{Code: r.need("code"), Name: r.name()}
}

func station(r row) stationRow {
	return stationRow{r.text("site"), r.need("room"), r.need("kind"),
		equipment.Station{Code: r.need("code"), Name: r.name(), Bookable: r.truth("bookable", true), Since: r.instant("since")}}
}

func device(r row) equipment.Device {
	id := r.need("device")
	if id != "" && !wire.ValidDevice(id) {
		r.fault("device", "%q cannot name a device; use a-z, 0-9 and -, at most 63 characters", id)
	}
	return equipment.Device{ID: id, Name: r.text("name")}
}

func placement(r row) placementRow {
	p := placementRow{r.need("device"), r.need("station"), equipment.Placement{From: r.needInstant("from"), Until: r.instant("until")}}
	if !p.Until.IsZero() && !p.From.Before(p.Until) {
		r.fault("until", "must be after from")
	}
	return p
}

func hours(r row) hoursRow {
	out := hoursRow{site: r.need("site"), room: r.text("room")}
	day, weekday := r.day("day"), r.text("weekday")
	if (day == "") == (weekday == "") {
		r.fault("weekday", "either weekday or day must be set")
		return out
	}
	if day != "" && r.text("opens") == "" && r.text("closes") == "" {
		out.exception = equipment.Exception{Day: day, Closed: true, Reason: r.text("reason")}
		return out
	}
	opens, closes := r.clock("opens"), r.clock("closes")
	if opens >= closes {
		r.fault("closes", "must be after opens; for hours past midnight write 24:00 and the rest on the next day")
	}
	if day != "" {
		out.exception = equipment.Exception{Day: day, Opens: opens, Closes: closes, Reason: r.text("reason")}
		return out
	}
	out.isWeekly = true
	out.weekly = equipment.OpeningHours{Weekday: weekdayOf(r), Opens: opens, Closes: closes,
		ValidFrom: r.day("valid_from"), ValidUntil: r.day("valid_until")}
	return out
}

func weekdayOf(r row) time.Weekday {
	name := strings.ToLower(r.text("weekday"))
	for d := time.Sunday; d <= time.Saturday; d++ {
		full := strings.ToLower(d.String())
		if name == full || name == full[:3] {
			return d
		}
	}
	r.fault("weekday", "%q is no day of the week; write mon, tue, wed, thu, fri, sat or sun", name)
	return 0
}

func outage(r row) outageRow {
	o := outageRow{r.need("station"), equipment.Outage{StartsAt: r.needInstant("starts_at"), EndsAt: r.instant("ends_at"), Reason: r.text("reason")}}
	if !o.EndsAt.IsZero() && !o.StartsAt.Before(o.EndsAt) {
		r.fault("ends_at", "must be after starts_at")
	}
	return o
}

func person(r row) account.Person {
	p := account.Person{Login: r.need("login"), Name: r.need("name"), Role: account.Role(r.need("role")),
		Programme: r.text("programme"), Language: r.text("language"), Email: r.text("email")}
	if p.Role != "" && !p.Role.Valid() {
		r.fault("role", "%q is no role; write student, instructor, planner or admin", p.Role)
	}
	if p.Language != "" && p.Language != "en" && p.Language != "zh-CN" {
		r.fault("language", "%q is no language; write en or zh-CN", p.Language)
	}
	if p.Email != "" && !account.ValidEmail(p.Email) {
		r.fault("email", "%q is no mail address; write name@school.example", p.Email)
	}
	return p
}

func qualification(r row) qualificationRow {
	q := qualificationRow{r.need("person"), r.need("kind"), account.Qualification{
		GrantedAt: r.instant("granted_at"), ExpiresAt: r.instant("expires_at"), Note: r.text("note"),
	}}
	if !q.ExpiresAt.IsZero() && !q.GrantedAt.Before(q.ExpiresAt) {
		r.fault("expires_at", "must be after granted_at")
	}
	return q
}

func bookingOf(r row) bookingRow {
	b := bookingRow{r.need("station"), r.need("person"), booking.Booking{
		StartsAt: r.needInstant("starts_at"), EndsAt: r.needInstant("ends_at"),
		Programme: r.text("programme"), Purpose: booking.Purpose(r.text("purpose")), Status: booking.Status(r.text("status")),
	}}
	if !b.EndsAt.IsZero() && !b.StartsAt.Before(b.EndsAt) {
		r.fault("ends_at", "must be after starts_at")
	}
	switch b.Status {
	case "":
		b.Status = booking.StatusConfirmed
	case booking.StatusConfirmed, booking.StatusCancelled, booking.StatusEnded:
	default:
		r.fault("status", "%q is no status; write confirmed, cancelled or ended", b.Status)
	}
	switch b.Purpose {
	case "":
		b.Purpose = booking.PurposePractice
	case booking.PurposePractice, booking.PurposeClass, booking.PurposeCompetition, booking.PurposeResearch, booking.PurposeService:
	default:
		r.fault("purpose", "%q is no purpose; write practice, class, competition, research or service", b.Purpose)
	}
	return b
}

func usage(r row) usageRow {
	u := usageRow{r.need("device"), wire.Interval{StartsAt: r.needInstant("starts_at"), EndsAt: r.needInstant("ends_at")}}
	switch state := r.need("state"); state {
	case telemetry.StateInUse:
		u.interval.InUse = true
	case telemetry.StateIdle, "":
	default:
		r.fault("state", "%q is no state; write in_use or idle", state)
	}
	if !u.interval.EndsAt.IsZero() && u.interval.Check() != nil {
		r.fault("ends_at", "must be after starts_at")
	}
	return u
}

func sample(r row) telemetry.Sample {
	s := telemetry.Sample{Device: r.need("device"), Minute: r.needInstant("minute"), Source: string(wire.SourceManual),
		InUseSeconds: r.seconds("in_use_seconds"), IdleSeconds: r.seconds("idle_seconds"), PowerWatts: r.number("power_watts")}
	if s.InUseSeconds+s.IdleSeconds > 60 {
		r.fault("idle_seconds", "a minute has 60 seconds; in use and idle are %d", s.InUseSeconds+s.IdleSeconds)
	}
	if !s.Minute.Equal(s.Minute.Truncate(time.Minute)) {
		r.fault("minute", "must be a whole minute")
	}
	return s
}
