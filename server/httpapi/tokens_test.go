package httpapi

import (
	"net/http"
	"testing"
	"time"

	"github.com/labtide/labtide/server/account"
)

func TestATokenTellsWhenItWasUsedLastToTheMinute(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleStudent, http.MethodPost, "/api/v1/tokens", map[string]any{"name": "script", "scopes": []string{"read"}}).want(t, http.StatusCreated).json(t)
	id, secret := made["token"].(map[string]any)["id"], made["secret"].(string)
	lastUsed := func() any {
		t.Helper()
		for _, item := range s.ask(account.RoleStudent, http.MethodGet, "/api/v1/tokens", nil).want(t, http.StatusOK).json(t)["items"].([]any) {
			if token := item.(map[string]any); token["id"] == id {
				return token["last_used_at"]
			}
		}
		t.Fatal("the token is not listed")
		return nil
	}
	use := func(secret string, status int) {
		t.Helper()
		s.ask("", http.MethodGet, "/api/v1/kinds", nil, "Authorization", "Bearer "+secret).want(t, status)
	}
	if got := lastUsed(); got != nil {
		t.Errorf("before its first use it says %v", got)
	}
	use(secret, http.StatusOK)
	first := s.clock().UTC().Format(time.RFC3339)
	if got := lastUsed(); got != first {
		t.Errorf("after its first use it says %v, want %s", got, first)
	}
	s.wait(30 * time.Second)
	use(secret, http.StatusOK)
	if got := lastUsed(); got != first {
		t.Errorf("within the same minute it says %v, want %s", got, first)
	}
	s.wait(time.Hour)
	use(secret+"x", http.StatusUnauthorized)
	if got := lastUsed(); got != first {
		t.Errorf("after somebody guessed it says %v, want %s", got, first)
	}
	use(secret, http.StatusOK)
	if got, want := lastUsed(), s.clock().UTC().Format(time.RFC3339); got != want {
		t.Errorf("an hour later it says %v, want %s", got, want)
	}
}

func TestATokenThatMayOnlyReadSeesWhatItsPersonCouldBook(t *testing.T) {
	s := newSchool(t)
	made := s.ask(account.RoleStudent, http.MethodPost, "/api/v1/tokens", map[string]any{"name": "script", "scopes": []string{"read"}}).want(t, http.StatusCreated).json(t)
	bearer := "Bearer " + made["secret"].(string)
	from := s.clock().Add(time.Hour).UTC().Truncate(time.Hour)
	span := "from=" + from.Format(time.RFC3339) + "&to=" + from.Add(24*time.Hour).Format(time.RFC3339)
	free := s.ask("", http.MethodGet, "/api/v1/availability?station=PLC-01&minutes=60&"+span, nil, "Authorization", bearer).want(t, http.StatusOK).json(t)
	if len(free["items"].([]any)) == 0 {
		t.Errorf("nothing is free: %v", free)
	}
	s.ask("", http.MethodGet, "/api/v1/stations/PLC-01/allowance", nil, "Authorization", bearer).want(t, http.StatusOK)
	s.ask("", http.MethodPost, "/api/v1/bookings", s.slotBody("PLC-01", 1), "Authorization", bearer).want(t, http.StatusForbidden)
}
