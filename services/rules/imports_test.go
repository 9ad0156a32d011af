// Package rules_test keeps the direction of imports: cmd → adapter → service → rules.
package rules_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	services = "raceday/services/"
	proto    = "raceday/proto/"
)

var (
	// domain services import neither each other nor what drives anything.
	domain = []string{"audit", "event", "registration", "timing", "scoring", "standings"}
	// neutral packages may be imported by every service, and import no service.
	neutral = []string{"access", "broker", "csvtable", "fault", "grpcserver", "heap", "notice", "postgres", "rules"}
	// above are packages that play whole days through all services; no service imports them.
	above = []string{"rehearsal", "benchmark"}

	drivers = []string{"github.com/jackc/", "github.com/nats-io/", "google.golang.org/grpc"}
	// wired are the packages without an adapter's name that hold drivers: they are what adapters stand on.
	wired = []string{"access/accesspg", "broker", "grpcserver", "postgres", "postgres/postgrestest"}
	// spoken are the packages without an adapter's name that speak a contract: the schema of the event file, the message
	// of the mats, the notices; grpcserver passes any message through.
	spoken = []string{"event", "grpcserver", "notice", "timing"}

	// Tests may use these beside what their package may; timing answers with messages of the standings, which notice makes.
	testLibraries = []string{"github.com/google/go-cmp/", "pgregory.net/rapid", "go.uber.org/goleak", services + "rehearsal/sharedcase", services + "rehearsal/proof",
		proto + "raceday/standings/v1"}
)

// offence says why a package below services, given without that prefix, may not import another; empty where it may.
func offence(pkg, imported string) string {
	folder, adapter, _ := strings.Cut(pkg, "/")
	if strings.HasPrefix(imported, "raceday/cmd") {
		return "nothing imports the program"
	}
	if folder == "rules" {
		return offenceOfRules(imported)
	}
	if slices.Contains(above, folder) {
		return ""
	}
	isAdapter := slices.Contains(domain, folder) && adapter != ""
	if !isAdapter && !slices.Contains(wired, pkg) && hasPrefix(imported, drivers) {
		return "drivers are for adapters"
	}
	if strings.HasPrefix(imported, proto) || strings.HasPrefix(imported, "google.golang.org/protobuf") {
		if !slices.Contains(spoken, pkg) && !strings.HasSuffix(pkg, "grpc") && !strings.HasSuffix(pkg, "nats") {
			return "the wire is for adapters"
		}
		if slices.Contains(domain, folder) && strings.HasPrefix(imported, proto) && !strings.HasPrefix(imported, proto+"raceday/"+folder+"/") {
			return "another service's contract"
		}
	}
	inner, ok := strings.CutPrefix(imported, services)
	if !ok {
		return ""
	}
	to, toAdapter, _ := strings.Cut(inner, "/")
	switch {
	case slices.Contains(above, to):
		return "services do not know who plays through them"
	case to == folder && !isAdapter && slices.Contains(domain, folder):
		return "a service does not know its adapters"
	case to == folder && isAdapter && toAdapter != "":
		return "an adapter does not know another"
	case to != folder && slices.Contains(domain, to):
		return "a service does not know another"
	}
	return ""
}

func offenceOfRules(imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.HasPrefix(imported, services+"rules/") && (strings.Contains(first, ".") || first == "raceday") {
		return "rules import the standard library and each other"
	}
	return ""
}

// offenceInTest is offence for a test: it may hold drivers, all adapters of its own service, and libraries of tests.
func offenceInTest(pkg, imported string) string {
	folder, _, _ := strings.Cut(pkg, "/")
	own := imported == services+folder || strings.HasPrefix(imported, services+folder+"/")
	if own || hasPrefix(imported, testLibraries) || folder != "rules" && hasPrefix(imported, drivers) {
		return ""
	}
	return offence(pkg, imported)
}

func hasPrefix(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
}

func TestEveryImportKeepsTheDirection(t *testing.T) {
	t.Parallel()
	imports := 0
	walk(t, "..", func(pkg, file string, isTest bool, imported string) {
		imports++
		judge := offence
		if isTest {
			judge = offenceInTest
		}
		if why := judge(pkg, imported); why != "" {
			t.Errorf("%s imports %s: %s", file, imported, why)
		}
	})
	if imports < 500 {
		t.Errorf("only %d imports were found", imports)
	}
}

func TestEveryFolderIsKnown(t *testing.T) {
	t.Parallel()
	known := slices.Concat(domain, neutral, above)
	walk(t, "..", func(pkg, file string, _ bool, _ string) {
		if folder, _, _ := strings.Cut(pkg, "/"); !slices.Contains(known, folder) {
			t.Errorf("%s is in a folder that this test has no rule for", file)
		}
	})
}

// walk calls f with every import of every file below root.
func walk(t *testing.T, root string, f func(pkg, file string, isTest bool, imported string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		inside = filepath.ToSlash(inside)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f(path.Dir(inside), inside, strings.HasSuffix(inside, "_test.go"), imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOffencesAreSeen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, imported string
		want          bool
	}{
		{"rules/race", "time", false},
		{"rules/race", "go/token", false},
		{"rules/race", services + "rules/age", false},
		{"rules/race", services + "fault", true},
		{"rules/race", "golang.org/x/text", true},
		{"timing", services + "rules/race", false},
		{"timing", services + "fault", false},
		{"timing", services + "registration", true},
		{"timing", services + "registration/registrationpg", true},
		{"timing", services + "timing/timingpg", true},
		{"timing", services + "rehearsal", true},
		{"timing", "github.com/jackc/pgx/v5", true},
		{"timing", "github.com/nats-io/nats.go", true},
		{"timing", "google.golang.org/grpc/codes", true},
		{"timing", proto + "raceday/timing/v1", false},
		{"timing", proto + "raceday/event/v1", true},
		{"scoring", proto + "raceday/standings/v1", true},
		{"registration", "google.golang.org/protobuf/proto", true},
		{"timing/timingpg", "github.com/jackc/pgx/v5", false},
		{"timing/timingpg", services + "timing", false},
		{"timing/timingpg", services + "timing/timingnats", true},
		{"timing/timingpg", services + "scoring", true},
		{"timing/timingpg", proto + "raceday/timing/v1", true},
		{"timing/timinggrpc", proto + "raceday/timing/v1", false},
		{"postgres", "github.com/jackc/pgx/v5", false},
		{"fault", "google.golang.org/grpc/codes", true},
		{"notice", services + "standings", true},
		{"rehearsal", services + "event", false},
		{"scoring", "raceday/cmd/raceday", true},
	} {
		if why := offence(c.pkg, c.imported); (why != "") != c.want {
			t.Errorf("%s imports %s: %q, want an offence: %v", c.pkg, c.imported, why, c.want)
		}
	}
	for _, c := range []struct {
		pkg, imported string
		want          bool
	}{
		{"rules/race", "pgregory.net/rapid", false},
		{"rules/race", "github.com/jackc/pgx/v5", true},
		{"timing", "github.com/nats-io/nats.go", false},
		{"timing/timingpg", services + "timing/timingnats", false},
		{"timing/timingpg", services + "scoring", true},
		{"timing", services + "rehearsal", true},
		{"timing", services + "rehearsal/sharedcase", false},
	} {
		if why := offenceInTest(c.pkg, c.imported); (why != "") != c.want {
			t.Errorf("a test of %s imports %s: %q, want an offence: %v", c.pkg, c.imported, why, c.want)
		}
	}
}
