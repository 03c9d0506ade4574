package e2e

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/calendar/calendartest"
	"github.com/labtide/labtide/server/config"
)

// inbox is a house whose mails bring invitations to Li's mail server, which takes them at once.
type inbox struct {
	*house
	mails *postbox
	li    string // a token
	seen  int
}

func openInbox(t *testing.T) *inbox {
	t.Helper()
	post := openPostbox(t)
	close(post.letGo)
	h := move(t, settings(t, func(cfg *config.Config) {
		cfg.SMTP = config.SMTP{Host: "127.0.0.1", Port: post.address.Port, From: "Labs <labs@school.example>", TLS: config.TLSNone, Timeout: 45 * time.Second}
		cfg.Messages.Invitations = true
	}))
	li, err := h.server.Stores().Accounts.PersonByLogin(t.Context(), "li")
	if err != nil {
		t.Fatal(err)
	}
	li.Email = "li@school.example"
	if _, err = h.server.Stores().Accounts.PutPerson(t.Context(), li); err != nil {
		t.Fatal(err)
	}
	return &inbox{house: h, mails: post, li: token(t, h.server, "li", []account.Scope{account.ScopeRead, account.ScopeBook})}
}

// invitation is the calendar of one mail.
type invitation struct {
	calendartest.Calendar
	declared string // the method that the mail's header names
}

// next waits for so many more mails, and reads their calendars.
func (b *inbox) next(n int) []invitation {
	b.t.Helper()
	b.until("the mails arrive", func() bool { return len(b.mails.got()) >= b.seen+n })
	more := b.mails.got()[b.seen:]
	b.seen += len(more)
	out := make([]invitation, 0, n)
	for _, text := range more {
		out = append(out, b.invitation(text))
	}
	if len(out) != n {
		b.t.Errorf("%d mails came, want %d", len(out), n)
	}
	return out
}

func (b *inbox) invitation(text string) invitation {
	b.t.Helper()
	message, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		b.t.Fatal(err)
	}
	for parts := multipart.NewReader(message.Body, parameters["boundary"]); ; {
		part, err := parts.NextPart()
		if err != nil {
			b.t.Fatalf("the mail has no calendar: %v\n%s", err, text)
		}
		kind, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || kind != "text/calendar" {
			continue
		}
		raw, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil || !strings.EqualFold(parameters["charset"], "utf-8") {
			b.t.Fatalf("%v: %v", parameters, err)
		}
		return invitation{Calendar: calendartest.Read(b.t, raw), declared: parameters["method"]}
	}
}

// shows is what stands in a calendar that has taken all these mails, by UID: the highest sequence counts.
func shows(all []invitation) map[string]calendartest.Event {
	out := map[string]calendartest.Event{}
	for _, i := range all {
		for _, e := range i.Events {
			if was, there := out[e.UID]; !there || e.Sequence >= was.Sequence {
				out[e.UID] = e
			}
		}
	}
	for uid, e := range out {
		if e.Status == "CANCELLED" {
			delete(out, uid)
		}
	}
	return out
}

// What Li books, moves and cancels arrives as invitations of one and the same event.
func TestCase09WhatAMailPutsIntoACalendarAMailMovesAndTakesBack(t *testing.T) {
	t.Parallel()
	b := openInbox(t)
	start := time.Now().UTC().Truncate(24 * time.Hour).Add(30 * time.Hour)
	made := b.ask(http.MethodPost, "/api/v1/bookings", b.li, map[string]any{"station": "PLC-01", "starts_at": start, "ends_at": start.Add(time.Hour)})
	path := "/api/v1/bookings/" + read[struct{ ID string }](t, made).ID
	all := b.next(1)
	b.ask(http.MethodPatch, path, b.li, map[string]any{"station": "PLC-02", "starts_at": start.Add(2 * time.Hour), "ends_at": start.Add(3 * time.Hour)})
	all = append(all, b.next(1)...)
	b.ask(http.MethodDelete, path, b.li, nil)
	all = append(all, b.next(1)...)
	for i, want := range []struct {
		method, status, place string
		starts                time.Time
	}{
		{"REQUEST", "CONFIRMED", "PLC-01", start}, {"REQUEST", "CONFIRMED", "PLC-02", start.Add(2 * time.Hour)},
		{"CANCEL", "CANCELLED", "PLC-02", start.Add(2 * time.Hour)},
	} {
		e := all[i].Events[0]
		if all[i].Method != want.method || all[i].declared != want.method || e.Status != want.status || e.Sequence != i || len(all[i].Events) != 1 ||
			e.UID != all[0].Events[0].UID || !e.Starts.Equal(want.starts) || e.Zone != "Asia/Shanghai" || e.Mail != "li@school.example" || e.Summary != want.place {
			t.Errorf("mail %d is %+v", i, all[i])
		}
	}
}

// The station of a booking that runs breaks down: the rest of it goes to the other one. Li's calendar shows the two one after
// another, never two at once, and what the next outage cancels is gone from it.
func TestCase10ACalendarNeverShowsTwoBookingsForOne(t *testing.T) {
	t.Parallel()
	b := openInbox(t)
	start := time.Now().UTC().Truncate(time.Minute)
	end := start.Truncate(15 * time.Minute).Add(3 * time.Hour)
	made := b.ask(http.MethodPost, "/api/v1/bookings", b.li, map[string]any{"station": "PLC-01", "starts_at": start, "ends_at": end})
	if made.status != http.StatusCreated {
		t.Fatalf("%d %s", made.status, made.body)
	}
	all := b.next(1)
	down := func(station string, from time.Time) {
		t.Helper()
		if got := b.house.post("/api/v1/outages", map[string]any{"station": station, "starts_at": from, "reason": "smoke"}); got.status != http.StatusCreated {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	cut := start.Add(time.Hour)
	down("PLC-01", cut)
	all = append(all, b.next(2)...)
	entries := shows(all)
	if len(entries) != 2 {
		t.Fatalf("the calendar shows %+v", entries)
	}
	for _, e := range entries {
		first := e.Starts.Equal(start) && e.Ends.Equal(cut) && e.Summary == "PLC-01"
		rest := e.Starts.Equal(cut) && e.Ends.Equal(end) && e.Summary == "PLC-02"
		if !first && !rest {
			t.Errorf("the calendar shows %+v", e)
		}
	}
	down("PLC-02", start)
	all = append(all, b.next(1)...)
	if entries = shows(all); len(entries) != 1 {
		t.Errorf("afterwards the calendar shows %+v", entries)
	}
}
