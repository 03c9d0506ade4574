package csvimport

import (
	"context"
	"strings"

	"github.com/labtide/labtide/server/account"
)

func team(r row) teamRow {
	out := teamRow{
		captains: strings.Fields(r.text("captains")), members: strings.Fields(r.text("members")),
		Team: account.Team{Code: r.need("code"), Name: r.need("name"), Programme: r.text("programme")},
	}
	seen := map[string]bool{}
	for _, who := range append(append([]string{}, out.captains...), out.members...) {
		if seen[login(who)] {
			r.fault("members", "%s is named twice", who)
		}
		seen[login(who)] = true
	}
	if err := out.Check(); err != nil && out.Code != "" && out.Name != "" {
		r.fault("code", "a team has a code without spaces and a name, neither longer than 40 and 120 characters")
	}
	if len(seen) > account.MostMembers {
		r.fault("members", "a team has at most %d members", account.MostMembers)
	}
	return out
}

// teams adds each team, or changes the one with its code; what the files do not say stays.
func (w *writer) teams(ctx context.Context) error {
	stored, err := w.People.Teams(ctx, "")
	if err != nil {
		return err
	}
	return put(w.data.teams, stored, func(n teamRow, old account.Team) bool { return n.Code == old.Code },
		func(n teamRow, old account.Team) error {
			n.ID, n.Version, n.DisabledAt = old.ID, old.Version, old.DisabledAt
			for _, who := range n.captains {
				id, _ := w.known.people.find("person", login(who))
				n.Members = append(n.Members, account.Member{PersonID: id, Captain: true})
			}
			for _, who := range n.members {
				id, _ := w.known.people.find("person", login(who))
				n.Members = append(n.Members, account.Member{PersonID: id})
			}
			_, err := w.People.PutTeam(ctx, n.Team)
			return err
		})
}
