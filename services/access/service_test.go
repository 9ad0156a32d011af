package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is a Store in memory that counts how often it is asked for a key.
type memory struct {
	mu    sync.Mutex
	keys  map[string]Key
	finds int
	err   error
}

func newMemory() *memory { return &memory{keys: map[string]Key{}} }

func (m *memory) InsertKey(_ context.Context, key Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys[key.ID] = key
	return m.err
}

func (m *memory) FindKey(_ context.Context, id string) (Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finds++
	key, ok := m.keys[id]
	if !ok && m.err == nil {
		return Key{}, ErrKeyNotFound
	}
	return key, m.err
}

func (m *memory) ListKeys(context.Context) ([]Key, error) { return nil, m.err }

func (m *memory) RevokeKey(_ context.Context, id string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, ok := m.keys[id]
	if !ok {
		return ErrKeyNotFound
	}
	key.RevokedAt = at
	m.keys[id] = key
	return nil
}

func (m *memory) ReplaceDevelopmentKey(context.Context, Key) (bool, error) { return false, m.err }

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock {
	return &clock{at: time.Date(2026, time.September, 27, 7, 0, 0, 123_456_789, time.UTC)}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	service := New(newMemory(), newClock().now)
	good, err := service.Create(t.Context(), "gate 1", Timer)
	if err != nil {
		t.Fatal(err)
	}
	other, err := service.Create(t.Context(), "gate 2", Timer)
	if err != nil {
		t.Fatal(err)
	}
	id, secret, ok := parseKey(good)
	if !ok {
		t.Fatalf("got a key of %d characters that does not parse", len(good))
	}
	_, otherSecret, _ := parseKey(other)
	for _, test := range []struct {
		name, bearer string
		want         error
	}{
		{"right", good, nil},
		{"none", "", ErrKeyMissing},
		{"secret of another key", keyPrefix + id + "_" + otherSecret, ErrKeyUnknown},
		{"id of nobody", keyPrefix + "aaaaaaaaaa_" + secret, ErrKeyUnknown},
		{"in capitals", strings.ToUpper(good), ErrKeyUnknown},
		{"without prefix", strings.TrimPrefix(good, keyPrefix), ErrKeyUnknown},
		{"without secret", keyPrefix + id, ErrKeyUnknown},
		{"empty secret", keyPrefix + id + "_", ErrKeyUnknown},
		{"one character less", good[:len(good)-1], ErrKeyUnknown},
		{"one character more", good + "a", ErrKeyUnknown},
		{"a megabyte", strings.Repeat("a", 1<<20), ErrKeyUnknown},
	} {
		actor, err := service.Authenticate(t.Context(), test.bearer)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got error %v, want %v", test.name, err, test.want)
		}
		want := Actor{}
		if test.want == nil {
			want = Actor{Name: "gate 1", Role: Timer}
		}
		if actor != want {
			t.Errorf("%s: got %v, want %v", test.name, actor, want)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	store := newMemory()
	service := New(store, newClock().now)
	for _, test := range []struct {
		name, keyName string
		role          Role
		want          error
	}{
		{"no name", "", Admin, ErrKeyName},
		{"spaces", "  ", Admin, ErrKeyName},
		{"long name", strings.Repeat("ы", 101), Admin, ErrKeyName},
		{"longest name", strings.Repeat("ы", 100), Admin, nil},
		{"unknown role", "a", "boss", ErrRoleUnknown},
		{"no role", "a", "", ErrRoleUnknown},
		{"public", "a", Public, ErrRoleUnknown},
	} {
		text, err := service.Create(t.Context(), test.keyName, test.role)
		if !errors.Is(err, test.want) || (text == "") != (test.want != nil) {
			t.Errorf("%s: got error %v, want %v", test.name, err, test.want)
		}
	}
	if len(store.keys) != 1 {
		t.Errorf("got %d keys stored, want 1", len(store.keys))
	}
}

func TestKeysAreNotStored(t *testing.T) {
	t.Parallel()
	key, text := newKey("a", Admin, newClock().now())
	_, secret, _ := parseKey(text)
	if strings.Contains(fmt.Sprintf("%+v", key), secret) {
		t.Error("got the secret in what is stored")
	}
	if want := time.Date(2026, time.September, 27, 7, 0, 0, 123_456_000, time.UTC); !key.CreatedAt.Equal(want) {
		t.Errorf("got made at %v, want whole microseconds, %v", key.CreatedAt, want)
	}
	if _, again := newKey("a", Admin, newClock().now()); again == text {
		t.Error("got the same key twice")
	}
}

func TestRevokedKeyDiesWithinTheCacheTime(t *testing.T) {
	t.Parallel()
	store, clock := newMemory(), newClock()
	here, elsewhere := New(store, clock.now), New(store, clock.now)
	text, err := here.Create(t.Context(), "lost laptop", Official)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, service := range []*Service{here, elsewhere} {
			if _, err := service.Authenticate(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if store.finds != 2 {
		t.Errorf("got %d questions to the store, want one of each process", store.finds)
	}
	id, _, _ := parseKey(text)
	if err := here.Revoke(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := here.Authenticate(t.Context(), text); !errors.Is(err, ErrKeyUnknown) {
		t.Errorf("where it was revoked: got %v, want %v", err, ErrKeyUnknown)
	}
	clock.at = clock.at.Add(cacheTime)
	if _, err := elsewhere.Authenticate(t.Context(), text); !errors.Is(err, ErrKeyUnknown) {
		t.Errorf("elsewhere after %v: got %v, want %v", cacheTime, err, ErrKeyUnknown)
	}
	if err := here.Revoke(t.Context(), "aaaaaaaaaa"); !errors.Is(err, ErrKeyNotFound) {
		t.Errorf("got %v of no key, want %v", err, ErrKeyNotFound)
	}
}

func TestStoreAway(t *testing.T) {
	t.Parallel()
	store := newMemory()
	service := New(store, newClock().now)
	text, err := service.Create(t.Context(), "a", Admin)
	if err != nil {
		t.Fatal(err)
	}
	store.err = errors.New("no answer")
	if _, err := service.Authenticate(t.Context(), text); !errors.Is(err, store.err) || errors.Is(err, ErrKeyUnknown) {
		t.Errorf("got %v, want the store's error and not that the key is unknown", err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	now := newClock().now()
	for _, test := range []struct {
		name string
		at   time.Time // of the key that is one too many
		want int
	}{
		{"the expired make room", now.Add(time.Second), 1},
		{"everything makes room", now.Add(time.Second / 2), 1},
	} {
		c := newCache(time.Second, 3)
		for _, id := range []string{"a", "b", "c"} {
			c.put(Key{ID: id}, now)
		}
		c.put(Key{ID: "d"}, test.at)
		if len(c.keys) != test.want {
			t.Errorf("%s: got %d keys, want %d", test.name, len(c.keys), test.want)
		}
		if _, ok := c.get("d", test.at); !ok {
			t.Errorf("%s: got no key that was just put", test.name)
		}
	}
}
