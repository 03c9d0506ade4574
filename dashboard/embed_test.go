package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestDistIsMadeFromTheSourcesBesideIt(t *testing.T) {
	stamp, err := fs.ReadFile(Dist(), ".inputs.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.TrimSpace(string(stamp)), hashInputs(t); got != want {
		t.Errorf("dist is stale: it was made from %.12s, the sources are %.12s.\nRun `npm ci && npm run build` in dashboard/ and commit dist.", got, want)
	}
}

func TestTypesOfTheAPIAreMadeFromOpenAPI(t *testing.T) {
	spec, err := os.ReadFile("../server/httpapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	types, err := os.ReadFile("src/api/schema.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(spec))
	if got := regexp.MustCompile(`[0-9a-f]{64}`).Find(types); string(got) != want {
		t.Errorf("src/api/schema.d.ts is made from another openapi.yaml (%.12s, not %.12s).\nRun `npm run types && npm run build` in dashboard/ and commit both.", got, want)
	}
}

func TestEveryFileThatIndexNamesIsInDist(t *testing.T) {
	index, err := fs.ReadFile(Dist(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?:src|href)="/([^"]+)"`).FindAllSubmatch(index, -1)
	if len(names) < 3 {
		t.Fatalf("index.html names %d files; script, style and icon were expected", len(names))
	}
	for _, name := range names {
		if _, err := fs.Stat(Dist(), string(name[1])); err != nil {
			t.Errorf("index.html names /%s: %v", name[1], err)
		}
	}
}

// hashInputs is hashInputs of build/inputs.ts again.
func hashInputs(t *testing.T) string {
	t.Helper()
	var paths []string
	for _, input := range []string{"build", "index.html", "package-lock.json", "public", "src", "svelte.config.js", "tsconfig.json", "vite.config.ts"} {
		err := filepath.WalkDir(input, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !strings.HasSuffix(path, ".test.ts") {
				paths = append(paths, filepath.ToSlash(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(paths)
	hash := sha256.New()
	for _, path := range paths {
		bytes, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(hash, "%s\x00%d\x00", path, len(bytes))
		hash.Write(bytes)
	}
	return hex.EncodeToString(hash.Sum(nil))
}
