package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const house = "github.com/labtide/labtide/"

// room is one row of the house's plan: who may import what. Only what the program itself imports counts; tests may
// reach further. The standard library is free for all, but for database/sql.
type room struct {
	own   string // folders of ours, with what lies below them
	their string // modules or packages of others
}

const (
	domain  = "server/fault server/account server/equipment server/booking server/telemetry server/ledger server/report server/live"
	metrics = "github.com/prometheus/client_golang"
)

// plan is the architecture's table. A folder also speaks for the folders below it that have no row of their own; a
// package may always import those below itself.
func plan() map[string]room {
	return map[string]room{
		"configs":   {},
		"dashboard": {},

		"agent":         {own: "agent configs"},
		"agent/app":     {own: "agent configs", their: "golang.org/x/sync"},
		"agent/config":  {own: "configs agent/wire", their: "github.com/goccy/go-yaml"},
		"agent/wire":    {},
		"agent/collect": {own: "agent/wire", their: "github.com/shirou/gopsutil github.com/godbus/dbus github.com/jezek/xgb golang.org/x/sys"},
		"agent/screen":  {own: "agent/wire", their: "github.com/godbus/dbus"},
		"agent/usage":   {own: "agent/wire"},
		"agent/outbox":  {own: "agent/wire"},
		"agent/uplink":  {own: "agent/wire agent/outbox", their: "github.com/eclipse/paho.mqtt.golang golang.org/x/time"},

		"server":           {own: "server configs"},
		"server/app":       {own: "server agent/wire configs dashboard", their: "golang.org/x/sync " + metrics},
		"server/config":    {own: "configs server/fault", their: "github.com/goccy/go-yaml"},
		"server/fault":     {},
		"server/account":   {own: "server/fault", their: "github.com/alexedwards/argon2id"},
		"server/equipment": {own: "server/fault"},
		"server/booking":   {own: "server/fault server/account server/equipment"},
		"server/calendar":  {own: "server/fault server/equipment", their: "github.com/arran4/golang-ical github.com/teambition/rrule-go"},
		// Tests read calendars with another library than the one that writes them.
		"server/calendar/calendartest": {their: "github.com/emersion/go-ical"},
		"server/csvtext":               {their: "golang.org/x/text"},
		"server/timetable":             {own: "server/fault server/equipment server/booking/recurrence server/calendar server/csvtext"},
		"server/telemetry":             {own: "server/fault server/account server/equipment"},
		"server/ledger":                {own: "server/fault server/account server/equipment"},
		"server/report":                {own: "server/fault server/account server/equipment server/booking server/telemetry server/ledger"},
		"server/live":                  {own: "server/fault server/account server/equipment server/booking server/telemetry server/ledger"},
		"server/sqldb": {
			own:   domain + " server/courier server/webhook",
			their: "database/sql github.com/jackc/pgx modernc.org/sqlite github.com/pressly/goose",
		},
		"server/influx": {own: "server/fault server/telemetry", their: "github.com/influxdata/influxdb-client-go"},
		"server/broker": {own: "server/fault server/equipment agent/wire", their: "github.com/wind-c/comqtt golang.org/x/time " + metrics},
		"server/ingest": {
			own:   domain + " agent/wire",
			their: "github.com/eclipse/paho.mqtt.golang golang.org/x/time golang.org/x/sync " + metrics,
		},
		"server/mail":    {their: "github.com/wneessen/go-mail"},
		"server/webhook": {},
		"server/courier": {own: "server/fault server/account server/equipment server/booking server/calendar server/mail server/webhook", their: metrics},
		"server/httpapi": {
			own: domain + " server/courier server/webhook server/mail server/timetable dashboard server/policyfile",
			their: "github.com/labstack/echo github.com/oapi-codegen github.com/getkin/kin-openapi github.com/alexedwards/scs " +
				"golang.org/x/time golang.org/x/sync " + metrics,
		},
		"server/policyfile": {own: domain, their: "github.com/goccy/go-yaml"},
		"server/csvimport":  {own: domain + " agent/wire server/csvtext"},
		// The demo plays the devices, so it needs their side of MQTT.
		"server/demo": {own: domain + " agent/wire server/csvimport", their: "github.com/eclipse/paho.mqtt.golang"},
		"server/e2e":  {},
	}
}

// only lists what may be imported by few, wherever else a row might allow it: packages and their importers.
func only() map[string]string {
	return map[string]string{
		"agent/app":                                "agent server/e2e",
		"server/app":                               "server server/e2e",
		"server/e2e":                               "server/e2e",
		"database/sql":                             "server/sqldb",
		"github.com/jackc/pgx":                     "server/sqldb",
		"modernc.org/sqlite":                       "server/sqldb",
		"github.com/eclipse/paho.mqtt.golang":      "agent/uplink server/ingest server/demo",
		"github.com/wind-c/comqtt":                 "server/broker",
		"github.com/influxdata/influxdb-client-go": "server/influx",
		"github.com/labstack/echo":                 "server/httpapi",
		"github.com/arran4/golang-ical":            "server/calendar",
		"github.com/teambition/rrule-go":           "server/calendar",
		"github.com/wneessen/go-mail":              "server/mail",
		"github.com/goccy/go-yaml":                 "agent/config server/config server/policyfile",
	}
}

func TestEachPackageImportsOnlyWhatItsRoomMay(t *testing.T) {
	for _, p := range packages(t) {
		name, r, ok := roomOf(p.name)
		if !ok {
			t.Errorf("%s belongs to no room. Move it into one, or give it a row in plan() of server/e2e/fence_test.go,\n"+
				"in .golangci.yaml and in the README's map.", p.name)
			continue
		}
		for _, imported := range p.imports {
			if free(imported) || within(imported, p.name) || within(imported, name) && name != "server" && name != "agent" {
				continue
			}
			if matches(imported, r.own) || matches(imported, r.their) {
				continue
			}
			t.Errorf("%s imports %s.\n%s", p.name, imported, advice(name, r))
		}
	}
}

func TestSomePackagesHaveFewImporters(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.imports {
			for guarded, importers := range only() {
				if within(imported, guarded) && !within(p.name, guarded) && !exactly(p.name, importers) {
					t.Errorf("%s imports %s, which is for %s alone.\nSay what you need of it as an interface in your own package, "+
						"and have app hand the implementation in.", p.name, imported, importers)
				}
			}
		}
	}
}

func TestTheAgentLinksNothingOfTheServerAndTheServerOnlyTheWire(t *testing.T) {
	for _, p := range packages(t) {
		for _, linked := range p.deps {
			switch {
			case within(p.name, "agent") && within(linked, "server"):
				t.Errorf("%s links %s, if only through others. What both sides need belongs to agent/wire.", p.name, linked)
			case within(p.name, "server") && !within(p.name, "server/e2e") && within(linked, "agent") && linked != "agent/wire":
				t.Errorf("%s links %s. The server knows agents by agent/wire alone.", p.name, linked)
			case (p.name == "agent/wire" || p.name == "server/fault" || p.name == "configs") && !standard(linked):
				t.Errorf("%s links %s. It is for the standard library alone: anyone must be able to import it.", p.name, linked)
			}
		}
	}
}

// advice says how to mend a forbidden import.
func advice(name string, r room) string {
	may := strings.TrimSpace(r.own + " " + r.their)
	if may == "" {
		may = "nothing but the standard library"
	}
	return fmt.Sprintf("%s may import: %s.\nMove the code to the room that may, or say what you need as an interface in your own package and have\n"+
		"app hand the implementation in. If the plan itself is wrong, change plan() in server/e2e/fence_test.go, .golangci.yaml and the README's map together.", name, may)
}

// roomOf gives the row of the nearest folder.
func roomOf(name string) (string, room, bool) {
	rows := plan()
	for folder := name; ; {
		if r, ok := rows[folder]; ok && (folder == name || folder != "agent" && folder != "server") {
			return folder, r, true
		}
		i := strings.LastIndexByte(folder, '/')
		if i < 0 {
			return "", room{}, false
		}
		folder = folder[:i]
	}
}

// free reports whether everyone may import the package.
func free(name string) bool { return standard(name) && !within(name, "database/sql") }

// standard reports whether the package is of the standard library: neither ours nor from a host.
func standard(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return !strings.Contains(first, ".") && !slices.Contains([]string{"agent", "server", "configs", "dashboard"}, first)
}

func within(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

// matches reports whether the package lies in one of the folders. "agent" and "server" stand for all below them.
func matches(name, folders string) bool {
	return slices.ContainsFunc(strings.Fields(folders), func(folder string) bool { return within(name, folder) })
}

// exactly reports whether the package is one of those named, or lies below it; "agent" and "server" mean main alone.
func exactly(name, folders string) bool {
	return slices.ContainsFunc(strings.Fields(folders), func(folder string) bool {
		return name == folder || folder != "agent" && folder != "server" && within(name, folder)
	})
}

// listed is a package of ours; names of ours are without the module's.
type listed struct {
	name          string
	imports, deps []string
}

// packages lists ours as they are built for Linux and, because imports differ, for Windows.
func packages(t *testing.T) []listed {
	t.Helper()
	watch(t)
	byName := map[string]listed{}
	for _, system := range []string{"linux", "windows"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports,Deps", house+"...")
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		output, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
			var p struct {
				ImportPath    string
				Imports, Deps []string
			}
			err := decoder.Decode(&p)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("go list: %v", err)
			}
			known := byName[p.ImportPath]
			byName[p.ImportPath] = listed{
				name: short(p.ImportPath), imports: union(known.imports, p.Imports), deps: union(known.deps, p.Deps),
			}
		}
	}
	if len(byName) < 20 {
		t.Fatalf("go list gives %d packages: there must be more", len(byName))
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b listed) int { return strings.Compare(a.name, b.name) })
}

// watch opens our folders: go test then knows that a change in them makes its cached result void, which it cannot see
// through go list.
func watch(t *testing.T) {
	t.Helper()
	for _, folder := range []string{"agent", "server", "configs", "dashboard"} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && slices.Contains([]string{"node_modules", "dist", "src"}, entry.Name()) {
				return filepath.SkipDir
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func short(name string) string { return strings.TrimPrefix(name, house) }

func union(known, more []string) []string {
	for _, name := range more {
		known = append(known, short(name))
	}
	slices.Sort(known)
	return slices.Compact(known)
}
