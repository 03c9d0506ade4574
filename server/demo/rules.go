package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/labtide/labtide/server/equipment"
)

// lessons are the periods of the design room, as clocks show them.
func lessons() []string {
	return []string{
		"08:00-08:45", "08:55-09:40", "10:00-10:45", "10:55-11:40", "14:00-14:45", "14:55-15:40", "16:00-16:45", "16:55-17:40",
		"19:00-19:45", "19:55-20:40",
	}
}

// Rules gives what the school decides about booking, as a policy file: lesson periods in one room, time for cleaning at
// the CNC machines and who may run them, a fair share of the PLC benches, the term, and the season before a competition.
func Rules(now time.Time) []byte {
	today := Today(now)
	monday := today.Add(-(int(today.Weekday()) + 6) % 7)
	return fmt.Appendf(nil, `policies:
  school:
    horizon_days: 14
    cancel_notice_minutes: 60
    idle_release_minutes: 30
  rooms:
    D305:
      periods: ["%s"]
      shortest_minutes: 45
  kinds:
    cnc:
      buffer_minutes: 15
      qualification: true
      qualification_unused_days: 120
quotas:
  - name: "PLC 实训台每周 12 小时 PLC benches, 12 hours a week"
    scope: kind
    place: plc-bench
    per: person
    window: week
    most_minutes: 720
seasons:
  - name: "机器人技能大赛备赛 Robotics contest"
    starts: %s
    ends: %s
    kinds: [robot-cell]
    teams: [%s]
    horizon_days: 28
    priority:
      - weekdays: [sat, sun]
        from: "18:00"
        until: "21:00"
    release_hours: 24
    decay_after: 2
terms:
  - name: "本学期 This term"
    starts: %s
    ends: %s
`, strings.Join(lessons(), `", "`), monday.Add(-7), monday.Add(34), robotTeam, monday.Add(-12*7), lastDay(monday))
}

// lastDay gives the Sunday that ends the eighteenth week of a term whose thirteenth begins on that Monday.
func lastDay(monday equipment.Day) equipment.Day { return monday.Add(6*7 - 1) }
