package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/policyfile"
)

func exportPolicy(ctx context.Context, c *call) error {
	return c.withStores(ctx, nil, func(stores *app.Stores) error {
		text, err := policyfile.Export(ctx, stores.Charter())
		if err != nil {
			return err
		}
		c.printf("%s", text)
		return nil
	})
}

func importPolicy(ctx context.Context, c *call) error {
	dry := c.flags.Bool("dry-run", false, "say what would change and change nothing")
	asJSON := c.flags.Bool("json", false, "print differences or faults as JSON")
	return c.withStores(ctx, []string{"FILE"}, func(stores *app.Stores) error {
		text, err := os.ReadFile(c.flags.Arg(0))
		if err != nil {
			return err
		}
		// Nobody is signed in at the command line: the history names no person.
		changes, err := policyfile.Import(ctx, stores.Charter(), account.Actor{}, text, *dry)
		var faults policyfile.Faults
		if errors.As(err, &faults) {
			if *asJSON {
				_ = c.print(map[string]any{"faults": faults}) // the exit code says the rest
			}
			c.sayf("Nothing was changed. Mend %s first:\n", c.flags.Arg(0))
			return faults
		}
		if err != nil {
			return err
		}
		if *asJSON {
			return c.print(policyChanges(changes))
		}
		names, err := stores.Charter().Register(ctx)
		if err != nil {
			return err
		}
		for _, change := range changes {
			c.printf("%s %s %s\n", change.Act, change.Kind, change.Called(names))
			for _, f := range change.Fields {
				c.printf("    %s: %s -> %s\n", f.Name, orNothing(f.Before), orNothing(f.After))
			}
		}
		verb := "changed"
		if *dry {
			verb = "would change"
		}
		c.sayf("%d of the school's decisions %s.\n", len(changes), verb)
		return nil
	})
}

func orNothing(value json.RawMessage) string {
	if len(value) == 0 {
		return "(nothing)"
	}
	return string(value)
}

// policyChange is a difference as scripts read it.
type policyChange struct {
	Act    string                     `json:"act"`
	Kind   string                     `json:"kind"`
	ID     string                     `json:"id"`
	Name   string                     `json:"name,omitempty"`
	Before map[string]json.RawMessage `json:"before"`
	After  map[string]json.RawMessage `json:"after"`
}

func policyChanges(changes []policyfile.Change) []policyChange {
	out := make([]policyChange, len(changes))
	for i, c := range changes {
		out[i] = policyChange{
			Act: c.Act, Kind: string(c.Kind), ID: c.ID, Name: c.Name, Before: map[string]json.RawMessage{}, After: map[string]json.RawMessage{},
		}
		for _, f := range c.Fields {
			if len(f.Before) > 0 {
				out[i].Before[f.Name] = f.Before
			}
			if len(f.After) > 0 {
				out[i].After[f.Name] = f.After
			}
		}
	}
	return out
}
