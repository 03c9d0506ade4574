package booking

import (
	"context"
	"unicode/utf8"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Bounds of fault reports: so many open ones of one person, in so many characters.
const (
	mostOpenReports    = 5
	longestDescription = 500
)

// OutageByID reads an outage.
func (s *Service) OutageByID(ctx context.Context, id string) (equipment.Outage, error) {
	return s.store.OutageByID(ctx, id)
}

// Reports gives fault reports, open ones first, then the newest first.
func (s *Service) Reports(ctx context.Context, f ReportFilter) ([]Report, error) {
	return s.store.Reports(ctx, f)
}

// ReportFault says that a station, by id or code, is at fault. Those who run the room are told. Who has said it of the
// station already gets the report that stands; who has too many open ones is refused.
func (s *Service) ReportFault(ctx context.Context, actor account.Actor, station, description string) (Report, error) {
	if !account.Allowed(actor, account.ActionReportFaults, "") {
		return Report{}, fault.Forbidden("not_allowed", "sign in to report a fault")
	}
	if err := checkWords(description, "description"); err != nil {
		return Report{}, err
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Report{}, err
	}
	p := rules.place(station)
	if p == nil {
		return Report{}, errStationUnknown(station)
	}
	now := s.clock()
	var made Report
	ask := Ask{StationIDs: []string{p.ID}, PersonIDs: []string{actor.PersonID}, From: now, Until: now, OpenReports: true}
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		open := 0
		for _, r := range v.Reports {
			if r.PersonID != actor.PersonID {
				continue
			}
			if r.StationID == p.ID {
				made = r
				return Write{}, nil
			}
			open++
		}
		if open >= mostOpenReports {
			return Write{}, fault.New(fault.KindRateLimited, "too_many_reports", "you have %d open reports; wait until somebody has looked at one", open)
		}
		made = Report{
			ID: v.NewID(), StationID: p.ID, PersonID: actor.PersonID, Description: description, At: now, State: ReportOpen, Version: 1,
		}
		return Write{
			Reports: []Report{made}, Deeds: []Deed{made.deed(ActReported, actor.PersonID, description, now)},
			Effects: []Effect{{
				At: now, Event: EventOutageReported, StationID: p.ID, Body: map[string]string{"reason": description, "person": actor.PersonID, "report": made.ID},
			}},
		}, nil
	})
	return made, err
}

func checkWords(text, field string) error {
	if text == "" || !plain(text) || utf8.RuneCountInString(text) > longestDescription {
		return fault.Invalid("text_invalid", "write up to %d characters, without control characters", longestDescription).On("/" + field)
	}
	return nil
}

// ConfirmReport puts the station of an open report out of order: the outage's StationID does not matter.
func (s *Service) ConfirmReport(ctx context.Context, actor account.Actor, id string, o equipment.Outage) (OutageResult, error) {
	seen, err := s.store.ReportByID(ctx, id)
	if err != nil {
		return OutageResult{}, err
	}
	o.Version, o.CreatedBy, o.CreatedAt = 0, actor.PersonID, s.clock()
	return s.outage(ctx, actor, outageWork{station: seen.StationID, report: id, next: func(v View) (equipment.Outage, error) {
		o.ID = v.NewID()
		return o, errClosed(v.Reports[id])
	}})
}

// DismissReport closes an open report: there is no fault, or it has been mended.
func (s *Service) DismissReport(ctx context.Context, actor account.Actor, id, answer string) (Report, error) {
	if !account.Allowed(actor, account.ActionManageOutages, "") {
		return Report{}, fault.Forbidden("not_allowed", "instructors and administrators answer fault reports")
	}
	if err := checkWords(answer, "reason"); err != nil {
		return Report{}, err
	}
	seen, err := s.store.ReportByID(ctx, id)
	if err != nil {
		return Report{}, err
	}
	now := s.clock()
	ask := Ask{StationIDs: []string{seen.StationID}, ReportIDs: []string{id}, From: now, Until: now}
	var after Report
	err = s.store.Decide(ctx, ask, func(v View) (Write, error) {
		if err := errClosed(v.Reports[id]); err != nil {
			return Write{}, err
		}
		after = v.Reports[id].closed(ReportDismissed, actor, now)
		after.Answer = answer
		return Write{Reports: []Report{after}, Deeds: []Deed{after.deed(ActDismissed, actor.PersonID, answer, now)}}, nil
	})
	return after, err
}

func errClosed(r Report) error {
	if r.State == ReportOpen {
		return nil
	}
	return fault.Conflict("report_closed", "somebody has answered this report already")
}
