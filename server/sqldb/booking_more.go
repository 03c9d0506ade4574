package sqldb

import (
	"slices"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// more is what a decision reads beside bookings and people. Each topic reads in its own file.
type more struct {
	waits          []booking.Wait
	series         map[string]booking.Series
	spent          spent
	outages        outageRows
	reports        reportRows
	teams          roster
	strikes        []booking.Strike
	qualifications []account.Qualification
}

// moreReads gives the statements of all topics that the decision asks for.
func (b *Bookings) moreReads(d *decision) []statement {
	d.more.series = map[string]booking.Series{}
	return slices.Concat(
		b.seriesReads(d.ask.SeriesIDs, d.more.series),
		d.more.outages.reads(b.db.dialect, d.ask),
		d.more.reports.reads(b.db.dialect, d.ask),
		b.teamReads(d),
		b.strikeReads(d),
		b.qualificationReads(d),
		b.spentReads(d),
		b.waitReads(d),
	)
}

// show puts what was read into the view. stored are the bookings that are known as the database has them, written those that
// the decisions before have written.
func (m *more) show(v *booking.View, ask booking.Ask, stored []booking.Booking, written map[string]booking.Booking) {
	v.Waits = booking.InLine(m.waits)
	v.Series = m.series
	m.outages.show(v)
	m.reports.show(v)
	m.teams.show(v)
	m.spent.show(v, ask, stored, written)
	v.Strikes = m.strikes
	v.Qualifications = m.qualifications
}

// moreWrites turns what is not bookings into statements.
func (b *Bookings) moreWrites(w booking.Write) []statement {
	return slices.Concat(
		seriesWrites(w.Series),
		effectWrites(b.texts.effects, w.Effects),
		b.strikeWrites(w),
		outageWrites(w),
		reportWrites(w),
		deedWrites(w.Deeds...),
		b.waitWrites(w.Waits),
	)
}
