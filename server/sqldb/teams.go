package sqldb

import (
	"context"
	"database/sql"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// teamSelect reads teams with a row for each member, in the order that roster needs.
func teamSelect(where string) string {
	return `SELECT t.id, t.code, t.name, t.programme, t.disabled_at, t.version, m.person_id, m.captain
		FROM teams t LEFT JOIN team_members m ON m.team_id = t.id ` + where + " ORDER BY t.code, t.id, m.captain DESC, m.person_id"
}

// roster gathers the rows of teamSelect.
type roster struct{ teams []account.Team }

func (r *roster) add(row scanner) error {
	var t account.Team
	var disabledAt sql.NullInt64
	var person sql.NullString
	var captain sql.NullBool
	err := row.Scan(&t.ID, &t.Code, &t.Name, &t.Programme, &disabledAt, &t.Version, &person, &captain)
	if err != nil {
		return err
	}
	t.DisabledAt = instant(disabledAt)
	if n := len(r.teams); n == 0 || r.teams[n-1].ID != t.ID {
		r.teams = append(r.teams, t)
	}
	if person.Valid {
		last := &r.teams[len(r.teams)-1]
		last.Members = append(last.Members, account.Member{PersonID: person.String, Captain: captain.Bool})
	}
	return nil
}

// Teams gives those that the person is in, by code; no person: all.
func (a *Accounts) Teams(ctx context.Context, personID string) ([]account.Team, error) {
	var found roster
	var err error
	switch {
	case personID == "":
		err = a.db.direct(ctx).each(found.add, teamSelect(""))
	case keyable(personID):
		err = a.db.direct(ctx).each(found.add, teamSelect("WHERE t.id IN (SELECT team_id FROM team_members WHERE person_id = $1)"), personID)
	}
	return found.teams, translate(err)
}

// TeamByID finds a team by id, else by code.
func (a *Accounts) TeamByID(ctx context.Context, idOrCode string) (account.Team, error) {
	if !keyable(idOrCode) {
		return account.Team{}, unknown("team", idOrCode)
	}
	var found roster
	if err := a.db.direct(ctx).each(found.add, teamSelect("WHERE t.id = $1 OR t.code = $1"), idOrCode); err != nil {
		return account.Team{}, translate(err)
	}
	for _, t := range found.teams {
		if t.ID == idOrCode || len(found.teams) == 1 {
			return t, nil
		}
	}
	return account.Team{}, unknown("team", idOrCode)
}

// PutTeam inserts or replaces a team and its members.
func (a *Accounts) PutTeam(ctx context.Context, team account.Team) (account.Team, error) {
	err := a.db.write(ctx, func(t *tx) error {
		id, version, err := t.put(row{table: "teams", thing: "team", id: team.ID, version: team.Version, fields: []field{
			{"code", team.Code}, {"name", team.Name}, {"programme", team.Programme}, {"disabled_at", unix(team.DisabledAt)},
		}})
		if err != nil {
			return taken(err, fault.Conflict("code_taken", "the code %q is taken; choose another one", team.Code).On("/code"))
		}
		if _, err := t.exec("DELETE FROM team_members WHERE team_id = $1", id); err != nil {
			return err
		}
		for _, m := range team.Members {
			_, err := t.exec("INSERT INTO team_members (team_id, person_id, captain) VALUES ($1, $2, $3)", id, m.PersonID, m.Captain)
			if err := personMissing(err, m.PersonID); err != nil {
				return err
			}
		}
		team.ID, team.Version = id, version
		return nil
	})
	if err != nil {
		return account.Team{}, err
	}
	team.DisabledAt = wholeSeconds(team.DisabledAt)
	return team, nil
}

func wholeSeconds(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.UTC().Truncate(time.Second)
}

// teamReads reads the teams of a decision. What it reads stays so until the decision is made: shared locks, which wait for
// whoever changes the team and for nobody else.
func (b *Bookings) teamReads(d *decision) []statement {
	if len(d.ask.TeamIDs) == 0 {
		return nil
	}
	lock := ""
	if b.db.dialect.name == Postgres {
		lock = " FOR SHARE OF t"
	}
	return []statement{{
		text: teamSelect("WHERE "+b.db.dialect.among("t.id", 1)) + lock, args: []any{b.db.dialect.list(distinct(d.ask.TeamIDs))},
		read: d.more.teams.add,
	}}
}

func (r *roster) show(v *booking.View) {
	v.Teams = make(map[string]account.Team, len(r.teams))
	for _, t := range r.teams {
		v.Teams[t.ID] = t
	}
}
