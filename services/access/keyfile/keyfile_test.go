package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestKeyIsFoundUnderEveryNameOfThisMachine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, written, read string }{
		{"same", "127.0.0.1:9090", "127.0.0.1:9090"},
		{"by name", "127.0.0.1:9090", "localhost:9090"},
		{"IPv6", "localhost:9090", "[::1]:9090"},
		{"listens everywhere", ":9090", "127.0.0.1:9090"},
		{"listens on every address", "0.0.0.0:9090", "localhost:9090"},
		{"another loopback address", "127.0.0.2:9090", "localhost:9090"},
	} {
		keys := folder(filepath.Join(t.TempDir(), "raceday", "keys"))
		if err := keys.write(test.written, "rk_a_b"); err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got, err := keys.read(test.read); err != nil || got != "rk_a_b" {
			t.Errorf("%s: got %q, %v, want the key", test.name, got, err)
		}
		if _, err := keys.read("localhost:9091"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v of another port, want %v", test.name, err, fs.ErrNotExist)
		}
	}
}

func TestKeyOfAnotherMachineIsRefused(t *testing.T) {
	t.Parallel()
	keys := folder(t.TempDir())
	for _, addr := range []string{"10.0.0.1:9090", "example.org:9090", "localhost.example.org:9090", "[2001:db8::1]:9090"} {
		if err := keys.write(addr, "rk_a_b"); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("write for %s: got %v, want %v", addr, err, ErrNotLoopback)
		}
		if _, err := keys.read(addr); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("read for %s: got %v, want %v", addr, err, ErrNotLoopback)
		}
	}
	for _, addr := range []string{"", "localhost", "localhost:../../x", "localhost:99999"} {
		if err := keys.write(addr, "rk_a_b"); err == nil {
			t.Errorf("write for %q: got no error, want one", addr)
		}
	}
	entries, err := os.ReadDir(string(keys))
	if err != nil || len(entries) != 0 {
		t.Errorf("got %v, %v in the folder, want nothing", entries, err)
	}
}

func TestKeyFileIsReplacedRemovedAndPrivate(t *testing.T) {
	t.Parallel()
	keys := folder(filepath.Join(t.TempDir(), "keys"))
	const addr = "127.0.0.1:9090"
	if err := keys.remove(addr); err != nil {
		t.Errorf("remove without a key: %v", err)
	}
	for _, key := range []string{"first", "second"} {
		if err := keys.write(addr, key); err != nil {
			t.Fatal(err)
		}
		if got, err := keys.read(addr); err != nil || got != key {
			t.Errorf("got %q, %v, want %q", got, err, key)
		}
	}
	entries, err := os.ReadDir(string(keys))
	if err != nil || len(entries) != 1 {
		t.Fatalf("got %v, %v, want one file", entries, err)
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]fs.FileMode{
			string(keys): 0o700, filepath.Join(string(keys), entries[0].Name()): 0o600,
		} {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("got mode %v, %v of %s, want %v", info.Mode().Perm(), err, filepath.Base(path), want)
			}
		}
	}
	if err := keys.remove(addr); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.read(addr); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after remove: got %v, want %v", err, fs.ErrNotExist)
	}
}
