// Package sharedcase finds the real races with published results that tests compare with. They lie beside the repository,
// not in it.
package sharedcase

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the folder of a case, such as boston-2001. A test on a machine without the cases is skipped by name, whatever
// CI says; with CI=true, a case that is missing from a folder that is there, or that RACEDAY_SHARED names, fails the test.
func Dir(t testing.TB, name string) string {
	t.Helper()
	dir, ok := find(t, name)
	if !ok {
		t.Skipf("shared cases are not on this machine: %s", dir)
	}
	return dir
}

// Find returns the folder of a case like Dir, and whether it is there, for tests that go on without it; the log names a
// case that is not.
func Find(t testing.TB, name string) (dir string, ok bool) {
	t.Helper()
	dir, ok = find(t, name)
	if !ok {
		t.Logf("goes on without the shared case %s", dir)
	}
	return dir, ok
}

func find(t testing.TB, name string) (dir string, ok bool) {
	t.Helper()
	root := shared(t)
	dir = filepath.Join(root, "races", name)
	if exists(t, dir) {
		return dir, true
	}
	promised := os.Getenv("RACEDAY_SHARED") != "" || exists(t, root)
	if promised && os.Getenv("CI") == "true" {
		t.Fatalf("the shared case is missing: %s", dir)
	}
	return dir, false
}

// shared returns the folder named by RACEDAY_SHARED, else the folder shared beside the repository.
func shared(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("RACEDAY_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the repository: %v", err)
	}
	for !exists(t, filepath.Join(dir, "go.mod")) {
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("find the repository: no folder above the test holds go.mod")
		}
		dir = parent
	}
	return filepath.Join(filepath.Dir(dir), "shared")
}

func exists(t testing.TB, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("look for shared cases: %v", err)
	}
	return err == nil
}
