package demo

import (
	"context"
	"errors"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
)

// teamCode is the code of the team that the demo's student leads; robotTeam prepares for the contest of the season.
const (
	teamCode  = "WS-PLC"
	robotTeam = "WS-ROB"
)

func (w *writer) teams() {
	w.file("teams.csv", "code,name,programme,captains,members", [][]string{
		{teamCode, "工业控制竞赛队 Industrial control team", "机电 Mechatronics", Accounts()[0].Login, "s2401 s2406 s2411"},
		{robotTeam, "机器人竞赛队 Robotics team", "机器人 Robotics", "s2403", "s2408 s2413"},
	})
}

// BookForTeam gives the team three benches side by side on an evening to come, by the rules: where they say no, it has none.
func BookForTeam(ctx context.Context, people account.TeamStore, bookings *booking.Service, now time.Time) error {
	team, err := people.TeamByID(ctx, teamCode)
	if err != nil {
		return err
	}
	captain := account.SignedIn(team.Members[0].PersonID, account.RoleStudent)
	wish := booking.PartyRequest{
		KindID: "plc-bench", Count: 3, Adjacent: booking.AdjacentRequired, TeamID: team.ID, Purpose: booking.PurposeCompetition,
	}
	for _, m := range team.Members[1:] {
		wish.PersonIDs = append(wish.PersonIDs, m.PersonID)
	}
	loc, err := time.LoadLocation(Zone)
	if err != nil {
		return err
	}
	for day := Today(now).Next(); day <= Today(now).Add(4); day = day.Next() {
		for hour := 19; hour >= 15; hour-- {
			wish.StartsAt = day.Start(loc).Add(time.Duration(hour) * time.Hour)
			wish.EndsAt = wish.StartsAt.Add(2 * time.Hour)
			_, err := bookings.ReserveTogether(ctx, captain, wish)
			if refused := (*booking.Refused)(nil); !errors.As(err, &refused) {
				return err
			}
		}
	}
	return nil
}
