package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/csvimport"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/ledger"
)

// withStores runs fn on the stores that the configuration names.
func (c *call) withStores(ctx context.Context, words []string, fn func(*app.Stores) error) error {
	cfg, err := c.settings(words...)
	if err != nil {
		return err
	}
	stores, err := app.OpenStores(ctx, cfg, c.logger(cfg.Log))
	if err != nil {
		return err
	}
	return errors.Join(fn(stores), stores.Close())
}

// print writes v as JSON.
func (c *call) print(v any) error {
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

func runImport(ctx context.Context, c *call) error {
	dry := c.flags.Bool("dry-run", false, "check the files and write nothing")
	override := c.flags.Bool("override", false, "take bookings ahead although rules object that an instructor may override")
	asJSON := c.flags.Bool("json", false, "print counts or faults as JSON")
	return c.withStores(ctx, []string{"DIR"}, func(stores *app.Stores) error {
		folder := c.flags.Arg(0)
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return &fs.PathError{Op: "import", Path: folder, Err: errors.New("is no folder")}
		}
		importer := stores.Importer()
		importer.Override = *override
		summary, err := importer.Import(ctx, os.DirFS(folder), *dry)
		var faults csvimport.Faults
		if errors.As(err, &faults) {
			if *asJSON {
				_ = c.print(map[string]any{"faults": faults}) // the exit code says the rest
			}
			c.sayf("Nothing was imported. Mend these first:\n")
			return faults
		}
		if err != nil {
			return err
		}
		if *asJSON {
			return c.print(summary)
		}
		verb := "Imported"
		if *dry {
			verb = "Would import"
		}
		c.printf("%s %d stations in %d rooms, %d devices, %d people, %d bookings, %d samples.\n",
			verb, summary.Stations, summary.Rooms, summary.Devices, summary.People, summary.Bookings, summary.Samples)
		return nil
	})
}

func rebuildLedger(ctx context.Context, c *call) error {
	from := c.flags.String("from", "", "first UTC `day`, such as 2026-11-01")
	to := c.flags.String("to", "", "the `day` after the last one")
	force := c.flags.Bool("force", false, "give up what the ledger knows and no sample says any more")
	return c.withStores(ctx, nil, func(stores *app.Stores) error {
		start, errFrom := equipment.ParseDay(*from)
		end, errTo := equipment.ParseDay(*to)
		if errFrom != nil || errTo != nil || start >= end {
			return usage{"-from and -to are days such as 2026-11-01, -to after -from"}
		}
		rebuilder := stores.Rebuilder()
		rebuilder.Force = *force
		done, err := rebuilder.Rebuild(ctx, ledger.DayOf(start.Start(time.UTC)), ledger.DayOf(end.Start(time.UTC)))
		if err != nil {
			return err
		}
		c.printf("Rebuilt %d station-days from %d minutes of devices.\n", done.StationDays, done.Minutes)
		return nil
	})
}

func addUser(ctx context.Context, c *call) error {
	login := c.flags.String("login", "", "the `name` to sign in with")
	name := c.flags.String("name", "", "the person's `name`; the login when left out")
	role := c.flags.String("role", "student", "student, instructor, planner or admin")
	base := c.flags.String("url", "http://127.0.0.1:8080", "the `address` at which people reach the server, for the link")
	return c.withStores(ctx, nil, func(stores *app.Stores) error {
		if *login == "" || !account.Role(*role).Valid() {
			return usage{"-login is needed, and -role is student, instructor, planner or admin"}
		}
		if *name == "" {
			*name = *login
		}
		people, err := account.New(stores.Accounts, time.Now)
		if err != nil {
			return err
		}
		person, err := people.Create(ctx, account.Person{Login: *login, Name: *name, Role: account.Role(*role)})
		if err != nil {
			return err
		}
		secret, expires, err := people.CreateLink(ctx, person.ID)
		if err != nil {
			return err
		}
		c.sayf("%s sets a password here, once, until %s:\n", *login, expires.Format(time.RFC1123))
		c.printf("%s\n", account.WelcomeURL(strings.TrimSuffix(*base, "/"), secret))
		return nil
	})
}

func createToken(ctx context.Context, c *call) error {
	login := c.flags.String("login", "", "whose token it is")
	scope := c.flags.String("scope", "read", "what it may be used for: read, book, report, admin, joined by commas")
	name := c.flags.String("name", "command line", "what the token is for")
	return c.withStores(ctx, nil, func(stores *app.Stores) error {
		var scopes []account.Scope
		for part := range strings.SplitSeq(*scope, ",") {
			if !account.Scope(part).Valid() {
				return usage{"-scope is read, book, report, admin, or several joined by commas"}
			}
			scopes = append(scopes, account.Scope(part))
		}
		if *login == "" {
			return usage{"-login says whose token it is"}
		}
		people, err := account.New(stores.Accounts, time.Now)
		if err != nil {
			return err
		}
		person, err := stores.Accounts.PersonByLogin(ctx, *login)
		if err != nil {
			return err
		}
		_, secret, err := people.CreateToken(ctx, account.SignedIn(person.ID, person.Role), *name, scopes, time.Time{})
		if err != nil {
			return err
		}
		c.sayf("This token is shown once:\n")
		c.printf("%s\n", secret)
		return nil
	})
}
