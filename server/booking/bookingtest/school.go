// Package bookingtest is what every booking.Store must do, as tests that each backend runs, and a store in memory.
//
// It may not know any backend. The suite asks the rules through booking.Service, because a store and the rules keep the
// invariant together: no two active bookings of a station overlap.
package bookingtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/equipment"
)

// School is what bookings are made in: everything but Version and Policies of the facts, and the people.
type School struct {
	booking.Facts
	Rooms  []equipment.Room
	People []account.Person
	Teams  []account.Team
	// Qualifications replace those that were there.
	Qualifications []account.Qualification
}

// Backend is one database seen through several handles, as several processes would; a store in memory has one.
type Backend struct {
	Stores []booking.Store
	// Put makes the database hold exactly this school; Stores find out by themselves.
	Put func(tb testing.TB, s School)
}

// Now is the time in the tests: a Monday, 10:07:20 in Shenzhen.
func Now() time.Time { return time.Date(2026, 11, 23, 2, 7, 20, 0, time.UTC) }

// At gives a time of day in Shenzhen, days after Now.
func At(days, hour, minute int) time.Time {
	return time.Date(2026, 11, 23+days, hour-8, minute, 0, 0, time.UTC)
}

// Stations is how many stations the test school has: three in four are PLC benches, the others lab PCs.
const Stations = 8

// StationID gives the id of station n, counted from 0.
func StationID(n int) string { return fmt.Sprintf("station-%02d", n) }

// Students is how many students the test school has.
const Students = 64

// StudentID gives the id of student n, counted from 0.
func StudentID(n int) string { return fmt.Sprintf("student-%02d", n) }

// Student is signed in, and may book for nobody else.
func Student(n int) account.Actor { return account.SignedIn(StudentID(n), account.RoleStudent) }

// Instructor may book classes and for others.
func Instructor() account.Actor { return account.SignedIn("instructor", account.RoleInstructor) }

// NewSchool is a site in Shenzhen, open from 8:00 to 22:00 each day, two rooms, two kinds.
func NewSchool() School {
	s := School{
		Facts: booking.Facts{
			Sites: []equipment.Site{{ID: "site", Code: "SZ", TimeZone: "Asia/Shanghai", Version: 1}},
			Kinds: []equipment.Kind{{ID: "kind-plc", Code: "plc-bench", Version: 1}, {ID: "kind-pc", Code: "lab-pc", Version: 1}},
		},
		Rooms: []equipment.Room{{ID: "room-a", SiteID: "site", Code: "A", Version: 1}, {ID: "room-b", SiteID: "site", Code: "B", Version: 1}},
	}
	for n := range Stations {
		station := equipment.Station{
			ID: StationID(n), SiteID: "site", RoomID: "room-a", KindID: "kind-plc", Code: fmt.Sprintf("PLC-%02d", n), Bookable: true, Version: 1,
		}
		if n%4 == 3 {
			station.KindID, station.RoomID, station.Code = "kind-pc", "room-b", fmt.Sprintf("PC-%02d", n)
		}
		s.Stations = append(s.Stations, station)
	}
	for day := range 7 {
		s.Hours = append(s.Hours, equipment.OpeningHours{
			ID: fmt.Sprintf("hours-%d", day), SiteID: "site", Weekday: time.Weekday(day), Opens: 8 * 60, Closes: 22 * 60,
		})
	}
	for n := range Students {
		s.People = append(s.People, account.Person{ID: StudentID(n), Login: StudentID(n), Role: account.RoleStudent, Programme: "mechatronics", Version: 1})
	}
	s.People = append(s.People, account.Person{ID: "instructor", Login: "instructor", Role: account.RoleInstructor, Programme: "automation", Version: 1})
	return s
}
