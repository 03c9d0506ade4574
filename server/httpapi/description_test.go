package httpapi

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/labtide/labtide/server/account"
)

func TestTheRoutesAreThoseOfTheDescription(t *testing.T) {
	s := newSchool(t)
	routed := map[string]bool{}
	for _, route := range s.echo.Routes() {
		if strings.Contains(route.Name, "refuseMethod") || route.Path == "/*" || route.Method == http.MethodHead || route.Method == "echo_route_not_found" {
			continue
		}
		routed[route.Method+" "+route.Path] = true
		if s.operations[route.Method+" "+route.Path] == nil {
			t.Errorf("%s %s is not in openapi.yaml", route.Method, route.Path)
		}
	}
	for key := range s.operations {
		if !routed[key] {
			t.Errorf("openapi.yaml has %s, the router does not", key)
		}
	}
}

func TestEveryActionOfTheDescriptionIsOneOfThePolicy(t *testing.T) {
	_, all, err := readDescription()
	if err != nil {
		t.Fatal(err)
	}
	known := map[account.Action]bool{actionSignedIn: true}
	for _, action := range account.Actions() {
		known[action] = true
	}
	for _, op := range all {
		if !op.public && !known[op.action] {
			t.Errorf("%s needs %q, which the policy does not know", op.id, op.action)
		}
	}
}

func TestAnOperationDoesNotAnswerToOtherMethods(t *testing.T) {
	s := newSchool(t)
	got := s.ask(account.RoleAdmin, "PUT", "/api/v1/bookings", nil).want(t, http.StatusMethodNotAllowed, "method_not_allowed")
	if got.header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", got.header.Get("Allow"))
	}
	s.ask(account.RoleAdmin, "GET", "/api/v1/session", nil).want(t, http.StatusMethodNotAllowed)
	s.ask("", "GET", "/api/v1/nothing", nil).want(t, http.StatusNotFound, "path_unknown")
	s.ask("", "GET", "/api", nil).want(t, http.StatusNotFound, "path_unknown")
	s.ask("", "POST", "/nothing", nil).want(t, http.StatusMethodNotAllowed)
	if got := s.ask(account.RoleAdmin, "HEAD", "/api/v1/me", nil); got.status != http.StatusOK {
		t.Errorf("HEAD: %d", got.status)
	}
}

func TestTheDescriptionAndItsPageAreServed(t *testing.T) {
	s := newSchool(t)
	yaml := s.ask("", "GET", "/api/openapi.yaml", nil).want(t, http.StatusOK)
	if string(yaml.body) != string(description) {
		t.Error("another description")
	}
	page := s.ask("", "GET", "/api/docs", nil).want(t, http.StatusOK)
	for _, op := range s.operations {
		if !strings.Contains(string(page.body), `id="`+op.id+`"`) {
			t.Errorf("the page lacks %s", op.id)
		}
	}
	if strings.Contains(string(page.body), "<script") || strings.Contains(string(page.body), "http://") {
		t.Error("the page must need nothing from elsewhere")
	}
}

func TestTheGeneratedFileIsWhatTheGeneratorMakes(t *testing.T) {
	if testing.Short() {
		t.Skip("the generator takes seconds")
	}
	made, config := filepath.Join(t.TempDir(), "api.gen.go"), filepath.Join(t.TempDir(), "codegen.yaml")
	raw, err := os.ReadFile("codegen.yaml")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := strings.Replace(string(raw), "output: api.gen.go", "output: "+made, 1)
	if err := os.WriteFile(config, []byte(elsewhere), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2",
		"-config", config, "openapi.yaml")
	if out, err := command.CombinedOutput(); err != nil {
		t.Skipf("the generator cannot run here: %v: %s", err, out)
	}
	want, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("api.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("api.gen.go is not what openapi.yaml makes; run: go generate ./server/httpapi")
	}
}
