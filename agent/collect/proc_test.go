package collect

import (
	"math"
	"os"
	"testing"
)

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProcessorTimesAreReadFromTheFirstLine(t *testing.T) {
	got, err := parseCPU(fixture(t, "stat"))
	if err != nil {
		t.Fatal(err)
	}
	busy := uint64(10132153 + 290696 + 3084719 + 0 + 25195 + 0)
	if want := (cpuTimes{busy, busy + 46828483 + 16683}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, bad := range []string{"", "cpu", "cpu 1 2 3", "cpu a b c d", "intr 1 2 3 4"} {
		if _, err := parseCPU([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestTheLoadIsTheBusyShareBetweenTwoReadings(t *testing.T) {
	if p, ok := (cpuTimes{150, 300}).percentSince(cpuTimes{100, 200}); !ok || p != 50 {
		t.Errorf("got %v %v", p, ok)
	}
	for _, before := range []cpuTimes{{150, 300}, {200, 250}, {100, 400}} {
		if _, ok := (cpuTimes{150, 300}).percentSince(before); ok {
			t.Errorf("from %+v to {150 300} is no time", before)
		}
	}
}

func TestMemoryIsWhatProgramsCouldNotGet(t *testing.T) {
	got, err := parseMemory(fixture(t, "meminfo"))
	if want := 100 * (1 - 9618576.0/16303428); err != nil || math.Abs(got-want) > 1e-9 {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
	for _, bad := range []string{"", "MemTotal: 5 kB", "MemTotal: 0 kB\nMemAvailable: 0 kB", "MemTotal: 5 kB\nMemAvailable: 6 kB"} {
		if _, err := parseMemory([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestSessionsOfPeopleAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		sessions []session
		want     Sessions
	}{
		"nobody": {nil, Sessions{Known: true}},
		"only a greeter": {
			[]session{{Class: "greeter", Type: "x11", State: "active"}}, Sessions{Known: true}},
		"a desktop, locked": {
			[]session{{Class: "user", Type: "wayland", State: "active", LockedHint: true}},
			Sessions{Known: true, People: 1, Locked: true, Wayland: 1}},
		"two desktops, one locked": {
			[]session{{Class: "user", Type: "x11", State: "active"}, {Class: "user", Type: "wayland", State: "online", LockedHint: true, IdleHint: true}},
			Sessions{Known: true, People: 2, X11: 1, Wayland: 1}},
		"by ssh": {
			[]session{{Class: "user", Type: "tty", State: "active", IdleHint: true}}, Sessions{Known: true, People: 1}},
		"a session that ends, and a service": {
			[]session{{Class: "user", Type: "x11", State: "closing"}, {Class: "manager", Type: "unspecified", State: "active"}},
			Sessions{Known: true}},
		"a class of newer versions": {
			[]session{{Class: "user-early", Type: "x11", State: "active", IdleHint: true}}, Sessions{Known: true, People: 1, X11: 1, IdleHint: true}},
	} {
		if got := summarize(c.sessions); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestTheFirstCategoryOfTheListIsReported(t *testing.T) {
	a := newApplications([]Application{
		{Category: "plc", Processes: []string{"codesys.exe", "a-name-longer-than-linux-keeps"}},
		{Category: "render", Processes: []string{"blender"}, Unattended: true},
		{Category: "other", Processes: []string{"blender"}},
	})
	for name, c := range map[string]struct {
		running    []string
		category   string
		unattended bool
	}{
		"nothing of the list":   {[]string{"bash", "blende", "blenderx"}, "", false},
		"one":                   {[]string{"bash", "blender"}, "render", true},
		"both, whatever order":  {[]string{"blender", "codesys.exe"}, "plc", true},
		"a name that Linux cut": {[]string{"a-name-longer-t"}, "plc", false},
	} {
		f := a.nothing()
		for _, comm := range c.running {
			a.meet(&f, []byte(comm))
		}
		if a.category(f) != c.category || f.unattended != c.unattended {
			t.Errorf("%s: got %q %v, want %q %v", name, a.category(f), f.unattended, c.category, c.unattended)
		}
	}
	f := a.nothing()
	comm := []byte("codesys.exe")
	if n := testing.AllocsPerRun(100, func() { a.meet(&f, comm) }); n != 0 {
		t.Errorf("looking up a name allocates %v times", n)
	}
}
