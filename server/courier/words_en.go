package courier

import (
	"time"

	"github.com/labtide/labtide/server/booking"
)

func english() language {
	return language{
		tag:      English,
		greeting: "Hello {name},", colon: ": ",
		footer: "Labtide wrote this because it concerns a booking or a task of yours. Please do not answer this mail.",
		date:   func(t time.Time) string { return t.Format("Mon 2 Jan 2006") },
		details: details{
			station: "Station", kind: "Kind of station", time: "Time", from: "Before", reason: "Reason", decision: "Decision",
			answer: "Answer", until: "Until", state: "Status",
		},
		decision: map[string]string{"accepted": "accepted", "rejected": "rejected", "approved": "approved", "declined": "declined"},
		waits:    "waits for approval",
		purposes: map[booking.Purpose]string{
			booking.PurposePractice: "Practice", booking.PurposeClass: "Class", booking.PurposeCompetition: "Competition",
			booking.PurposeResearch: "Research", booking.PurposeService: "Service",
		},
		events: map[booking.Event]words{
			booking.EventReserved:  {"Booked: {station}", "Your booking stands.", "See the booking"},
			booking.EventChanged:   {"Booking changed: {station}", "Your booking has changed. This is how it stands now.", "See the booking"},
			booking.EventCancelled: {"Booking cancelled: {station}", "Your booking has been cancelled.", "See your bookings"},
			booking.EventEnded:     {"Station given back: {station}", "You have given back the rest of your booking.", "See your bookings"},
			booking.EventRequested: {"Approval wanted: {station}", "{who} asks for this booking, which needs approval.", "Approve or decline"},
			booking.EventApproved:  {"Booking approved: {station}", "Your booking has been approved.", "See the booking"},
			booking.EventDeclined:  {"Booking declined: {station}", "Your request was not approved, so there is no booking.", "See your bookings"},
			booking.EventMovedByOther: {"Booking moved: {from} → {station}",
				"Your booking is now on another station. You need not do anything.", "See the booking"},
			booking.EventCancelledByOther: {"Booking cancelled: {station}",
				"Your booking had to be cancelled. We are sorry. You can book another time or another station.", "Book again"},
			booking.EventCompanyLeft: {"Company has left: {station}",
				"{who} does not come along any more. If too few people are left, name somebody else in time, or the booking is given back.", "Name somebody else"},
			booking.EventCompanyMissing: {"Too few people: {station}",
				"Too few people were left for this station and nobody else was named, so your booking has been given back.", "Book again"},
			booking.EventReleased: {"Station released: {station}",
				"Nobody was using the station, so the rest of your booking has been released for others.", "See your bookings"},
			booking.EventReleaseWarning: {"Still working? {station}",
				"Nobody seems to be using the station. Use it again, or the rest of the booking will be released for others.", "I am still here"},
			booking.EventOccupied: {"Somebody else at {station}?",
				"Somebody who had not booked was working here before this booking began, and has not left. Whoever has not booked leaves the station to whoever has.", "See the station"},
			booking.EventOfferMade: {"A free place: {station}",
				"What you were waiting for has become free and is held for you. Accept it in time, or it goes to the next person.", "Accept the offer"},
			booking.EventOfferExpired: {"Offer expired: {station}",
				"You did not accept the offer in time, so it has gone to the next person.", "See the waitlist"},
			booking.EventVerdictAbsent: {"Counted as absent: {station}",
				"Nobody was seen at the station, so this booking counts as a no-show. If that is wrong, you can appeal.", "See the evidence"},
			booking.EventStrikeTakenBack: {"No-show taken back: {station}", "The no-show for this booking no longer counts.", "See your bookings"},
			booking.EventAppealMade:      {"Appeal to decide: {station}", "{who} appeals against a no-show.", "Decide"},
			booking.EventAppealDecided:   {"Appeal decided: {station}", "Your appeal has been decided.", "See your bookings"},
			booking.EventOutageReported:  {"Fault reported: {station}", "{who} reports a fault at this station. Please look at it.", "See the report"},
			booking.EventOutageStarted:   {"Out of order: {station}", "This station cannot be used.", "See the station"},
			booking.EventOutageEnded:     {"In order again: {station}", "This station can be used again.", "See the station"},
			booking.EventQualificationEnding: {"Qualification ends: {kind}",
				"Your qualification for this kind of station is about to end. An instructor can renew it.", "See your qualifications"},
			booking.EventSeriesChanged: {"Series changed: {station}", "Your series of bookings has changed.", "See your bookings"},
		},
		along: englishAlong(),
	}
}

// englishAlong are the words for somebody who only comes along.
func englishAlong() map[booking.Event]words {
	return map[booking.Event]words{
		booking.EventReserved: {"You come along: {station}",
			"{who} has named you as company for this booking, so you count as busy then. If you do not want that, you can leave it.", "See or leave it"},
		booking.EventChanged:          {"Booking changed: {station}", "The booking of {who} that you come along to has changed. You can leave it.", "See or leave it"},
		booking.EventCancelled:        {"You are free: {station}", "You do not come along to this booking of {who} any more.", "See your bookings"},
		booking.EventCancelledByOther: {"You are free: {station}", "This booking of {who}, to which you were to come along, has been cancelled.", "See your bookings"},
		booking.EventOccupied: {"Somebody else at {station}?",
			"Somebody was working at your station before your booking began, and has not left. If it is you, check in by the code on the station. If not, ask the instructor.", "See the station"},
		booking.EventSeriesChanged: {"You come along: {station}",
			"{who} has named you as company for a series, or changed it. You can leave any of its bookings.", "See or leave them"},
	}
}
