package bookingtest

import (
	"slices"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

func (m *Memory) showTeams(v *booking.View, ask booking.Ask) {
	v.Teams = map[string]account.Team{}
	for _, t := range m.school.Teams {
		if slices.Contains(ask.TeamIDs, t.ID) {
			v.Teams[t.ID] = t
		}
	}
}
