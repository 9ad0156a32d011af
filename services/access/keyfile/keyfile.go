// Package keyfile keeps the development key of a server on this machine in a file of the user who started it, so that the
// user's own commands find it. A key of any other server is never written and never read.
package keyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// ErrNotLoopback is returned for the address of a server that is not on this machine.
var ErrNotLoopback = errors.New("address is not on this machine")

// Write keeps the key of the server that listens on addr, like 127.0.0.1:9090, readable by this user alone. It replaces
// the key of an earlier server on the same port and returns ErrNotLoopback for an address elsewhere.
func Write(addr, key string) error {
	keys, err := userFolder()
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	return keys.write(addr, key)
}

// Read returns the key of the server at addr. The error is fs.ErrNotExist if none is kept, and ErrNotLoopback for an
// address elsewhere.
func Read(addr string) (string, error) {
	keys, err := userFolder()
	if err != nil {
		return "", fmt.Errorf("read key file: %w", err)
	}
	return keys.read(addr)
}

// Remove forgets the key of the server at addr; without one it does nothing.
func Remove(addr string) error {
	keys, err := userFolder()
	if err != nil {
		return fmt.Errorf("remove key file: %w", err)
	}
	return keys.remove(addr)
}

type folder string

func userFolder() (folder, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return folder(filepath.Join(config, "raceday", "keys")), nil
}

func (f folder) write(addr, key string) error {
	path, err := f.path(addr)
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	// CreateTemp makes it 0600; the rename lets no reader see half a key.
	file, err := os.CreateTemp(string(f), ".new-*")
	if err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	_, err = file.WriteString(key + "\n")
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write key file: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

func (f folder) read(addr string) (string, error) {
	path, err := f.path(addr)
	if err != nil {
		return "", fmt.Errorf("read key file: %w", err)
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read key file: %w", err)
	}
	return strings.TrimSpace(string(key)), nil
}

func (f folder) remove(addr string) error {
	path, err := f.path(addr)
	if err != nil {
		return fmt.Errorf("remove key file: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove key file: %w", err)
	}
	return nil
}

// path is one for all names of this machine: a server that listens on 127.0.0.1 is called localhost by its user, and one
// that listens everywhere is called either.
func (f folder) path(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	// A port by name would be a path of the caller's choosing.
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host != "" && host != "localhost" && !ip.IsLoopback() && !ip.IsUnspecified() {
		return "", fmt.Errorf("%s: %w", addr, ErrNotLoopback)
	}
	return filepath.Join(string(f), fmt.Sprintf("localhost_%d", number)), nil
}
