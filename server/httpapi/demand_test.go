package httpapi

import (
	"net/http"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

func TestWhatCouldNotBeHadIsForThePlanner(t *testing.T) {
	s := newSchool(t)
	s.ask(account.RoleInstructor, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusCreated)
	for range 2 { // the same wish twice
		s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-01", 1)).want(t, http.StatusConflict, "slot_taken")
	}
	s.ask(account.RoleStudent, "POST", "/api/v1/bookings", s.slotBody("PLC-02", 1)).want(t, http.StatusCreated)

	day := func(n int) string { return s.clock().AddDate(0, 0, n).Format(time.DateOnly) }
	path := "/api/v1/reports/unmet-demand?from=" + day(-1) + "&to=" + day(3)
	s.ask(account.RoleStudent, "GET", path, nil).want(t, http.StatusForbidden)
	for _, by := range []string{"kind", "site", "room", "station", "programme"} {
		report := s.ask(account.RolePlanner, "GET", path+"&group_by="+by, nil).want(t, http.StatusOK).json(t)
		items, total := report["items"].([]any), report["total"].(map[string]any)
		if len(items) != 1 || total["wishes"] != 1.0 || total["people"] != 1.0 || total["minutes"] != 60.0 || total["elsewhere"] != 1.0 {
			t.Fatalf("by %s: %v", by, report)
		}
		item := items[0].(map[string]any)
		reason := item["codes"].([]any)[0].(map[string]any)
		if item["key"] == "" || reason["code"] != "slot_taken" || reason["wishes"] != 1.0 {
			t.Errorf("by %s: %v", by, item)
		}
	}
	if other := s.ask(account.RolePlanner, "GET", path+"&room=B204", nil); other.status == http.StatusOK && len(other.json(t)["items"].([]any)) != 0 {
		t.Errorf("another room has wishes: %s", other.body)
	}
	wanted, err := time.Parse(time.RFC3339, s.slotBody("PLC-01", 1)["starts_at"].(string))
	if err != nil {
		t.Fatal(err)
	}
	local := wanted.In(time.FixedZone("Shanghai", 8*3600))
	for _, off := range []int{-9, -1, 1} { // last week, the day before and the day after, by the site's clock
		span := "from=" + local.AddDate(0, 0, off).Format(time.DateOnly) + "&to=" + local.AddDate(0, 0, off+1).Format(time.DateOnly)
		other := s.ask(account.RolePlanner, "GET", "/api/v1/reports/unmet-demand?"+span, nil).want(t, http.StatusOK).json(t)
		if len(other["items"].([]any)) != 0 {
			t.Errorf("%s: %v", span, other)
		}
	}

	list := "/api/v1/unmet-demand?kind=plc-bench&limit=1"
	s.ask(account.RoleStudent, "GET", list, nil).want(t, http.StatusForbidden)
	page := s.ask(account.RolePlanner, "GET", list, nil).want(t, http.StatusOK).json(t)
	wish := page["items"].([]any)[0].(map[string]any)
	if wish["station"] != "PLC-01" || wish["kind"] != "plc-bench" || wish["elsewhere"] != true || wish["person"].(map[string]any)["name"] == "" {
		t.Fatalf("the first page is %v", page)
	}
	page = s.ask(account.RolePlanner, "GET", list+"&cursor="+page["next"].(string), nil).want(t, http.StatusOK).json(t)
	if len(page["items"].([]any)) != 1 || page["next"] != nil {
		t.Errorf("the second page is %v", page)
	}
	s.ask(account.RolePlanner, "GET", list+"&cursor=nonsense", nil).want(t, http.StatusUnprocessableEntity, "cursor_unknown")
}
