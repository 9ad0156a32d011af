package accesspg

import (
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/access"
	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

var _ access.Store = (*Store)(nil)

func keyOf(id string, role access.Role, at time.Time) access.Key {
	return access.Key{ID: id, Name: "name of " + id, Role: role, SecretHash: sha256.Sum256([]byte(id)), CreatedAt: at}
}

func TestStoreKeepsKeys(t *testing.T) {
	t.Parallel()
	store := New(postgrestest.Tx(t))
	at := time.Date(2026, time.September, 27, 7, 0, 0, 123_456_000, time.UTC)
	var want []access.Key
	for i, role := range access.Roles() {
		if role == access.Public {
			continue
		}
		key := keyOf("kept-"+string(role), role, at.Add(time.Duration(i)*time.Second))
		if err := store.InsertKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		want = append(want, key)
	}
	got, err := store.ListKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	found, err := store.FindKey(t.Context(), want[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[2], found); diff != "" {
		t.Errorf("key (-want +got):\n%s", diff)
	}
	if _, err := store.FindKey(t.Context(), "nobody"); !errors.Is(err, access.ErrKeyNotFound) {
		t.Errorf("got %v of no key, want %v", err, access.ErrKeyNotFound)
	}
}

func TestStoreRevokesOnce(t *testing.T) {
	t.Parallel()
	store := New(postgrestest.Tx(t))
	made := time.Date(2026, time.September, 27, 7, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name     string
		at, want time.Time
	}{
		{"clock was set back", made.Add(-time.Hour), made},
		{"later", made.Add(time.Hour), made.Add(time.Hour)},
	} {
		key := keyOf("revoked "+test.name, access.Timer, made)
		if err := store.InsertKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Time{test.at, test.at.Add(2 * time.Hour)} {
			if err := store.RevokeKey(t.Context(), key.ID, at); err != nil {
				t.Fatal(err)
			}
		}
		got, err := store.FindKey(t.Context(), key.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !got.RevokedAt.Equal(test.want) {
			t.Errorf("%s: got revoked at %v, want %v", test.name, got.RevokedAt, test.want)
		}
	}
	if err := store.RevokeKey(t.Context(), "nobody", made); !errors.Is(err, access.ErrKeyNotFound) {
		t.Errorf("got %v of no key, want %v", err, access.ErrKeyNotFound)
	}
}

func TestTableRefusesWhatNoKeyCanBe(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, time.September, 27, 7, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, want string
		spoil      func(*access.Key)
	}{
		{"no name", "keys_name_not_empty", func(k *access.Key) { k.Name = "" }},
		{"public", "keys_role_known", func(k *access.Key) { k.Role = access.Public }},
		{"unknown role", "keys_role_known", func(k *access.Key) { k.Role = "boss" }},
	} {
		key := keyOf("refused", access.Admin, made)
		test.spoil(&key)
		err := New(postgrestest.Tx(t)).InsertKey(t.Context(), key)
		if got := postgres.Constraint(err); got != test.want {
			t.Errorf("%s: got constraint %q (%v), want %q", test.name, got, err, test.want)
		}
	}
}

func TestDevelopmentKeyLivesUntilSomebodyMakesAKey(t *testing.T) {
	t.Parallel()
	service := access.New(New(postgrestest.Pool(t)), time.Now)
	first, err := service.EnsureDevelopmentKey(t.Context(), "127.0.0.1:9090")
	if err != nil {
		t.Fatal(err)
	}
	actor, err := service.Authenticate(t.Context(), first)
	if want := (access.Actor{Name: "development 127.0.0.1:9090", Role: access.Admin}); err != nil || actor != want {
		t.Errorf("got %v, %v, want %v", actor, err, want)
	}
	second, err := service.EnsureDevelopmentKey(t.Context(), "127.0.0.1:9090")
	if err != nil || second == "" || second == first {
		t.Fatalf("got no new key of the second start (%v)", err)
	}
	own, err := service.Create(t.Context(), "the first of one's own", access.Admin)
	if err != nil {
		t.Fatal(err)
	}
	third, err := service.EnsureDevelopmentKey(t.Context(), "127.0.0.1:9090")
	if err != nil || third != "" {
		t.Errorf("got %v and a key %v beside a key of one's own, want none", err, third != "")
	}
	keys, err := service.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 1 || keys[0].Development {
		t.Fatalf("got %d keys, want the one that was made", len(keys))
	}
	if err := service.Revoke(t.Context(), keys[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Authenticate(t.Context(), own); !errors.Is(err, access.ErrKeyUnknown) {
		t.Errorf("got %v of a revoked key, want %v", err, access.ErrKeyUnknown)
	}
	// Whoever revoked all keys wants nobody in.
	if text, err := service.EnsureDevelopmentKey(t.Context(), "127.0.0.1:9090"); err != nil || text != "" {
		t.Errorf("got %v and a key %v after the last key was revoked, want none", err, text != "")
	}
}

func TestDevelopmentKeyOfStartsTogether(t *testing.T) {
	t.Parallel()
	service := access.New(New(postgrestest.Pool(t)), time.Now)
	const starts = 8
	var group sync.WaitGroup
	for range starts {
		group.Go(func() {
			if _, err := service.EnsureDevelopmentKey(t.Context(), "127.0.0.1:9090"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	keys, err := service.List(t.Context())
	if err != nil || len(keys) != 1 {
		t.Errorf("got %d keys, %v, want 1", len(keys), err)
	}
}

func TestEveryServerHasItsOwnDevelopmentKey(t *testing.T) {
	t.Parallel()
	service := access.New(New(postgrestest.Pool(t)), time.Now)
	var keys []string
	for _, address := range []string{"127.0.0.1:9090", "127.0.0.1:9091"} {
		key, err := service.EnsureDevelopmentKey(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	for _, key := range keys {
		if _, err := service.Authenticate(t.Context(), key); err != nil {
			t.Errorf("a key died when another server made its own: %v", err)
		}
	}
}
