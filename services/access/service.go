package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"raceday/services/fault"
)

const (
	maxNameRunes = 100
	// A revoked key dies everywhere within cacheTime.
	cacheTime     = 5 * time.Second
	maxCachedKeys = 1024
)

// Faults of keys.
var (
	ErrKeyMissing = fault.New(fault.Unauthenticated, "KEY_MISSING", "this needs an API key")
	// ErrKeyUnknown covers malformed, unknown, wrong and revoked keys alike: which it was is nobody's business.
	ErrKeyUnknown  = fault.New(fault.Unauthenticated, "KEY_UNKNOWN", "this API key is not valid")
	ErrKeyNotFound = fault.New(fault.NotFound, "KEY_NOT_FOUND", "there is no key with this id")
	ErrKeyName     = fault.New(fault.Invalid, "KEY_NAME", "a key's name has 1 to 100 characters")
)

// Store keeps keys.
type Store interface {
	// InsertKey stores a new key.
	InsertKey(ctx context.Context, key Key) error
	// FindKey returns the key, revoked or not, or ErrKeyNotFound.
	FindKey(ctx context.Context, id string) (Key, error)
	// ListKeys returns every key, the oldest first.
	ListKeys(ctx context.Context) ([]Key, error)
	// RevokeKey marks a key as revoked; one that is revoked keeps its instant. It returns ErrKeyNotFound if there is none.
	RevokeKey(ctx context.Context, id string, at time.Time) error
	// ReplaceDevelopmentKey removes the development key of the same name and, if no other key was ever made, stores this one
	// in its place. It reports whether it did.
	ReplaceDevelopmentKey(ctx context.Context, key Key) (bool, error)
}

// Service makes, checks and revokes keys.
type Service struct {
	store Store
	cache *cache
	now   func() time.Time
}

// New returns a service on the store; now is the clock.
func New(store Store, now func() time.Time) *Service {
	return &Service{store: store, cache: newCache(cacheTime, maxCachedKeys), now: now}
}

// Create makes a key and returns its text, which cannot be read again. It returns ErrKeyName or ErrRoleUnknown for a
// name or a role that a key cannot have.
func (s *Service) Create(ctx context.Context, name string, role Role) (string, error) {
	name = strings.TrimSpace(name)
	if length := utf8.RuneCountInString(name); length == 0 || length > maxNameRunes {
		return "", ErrKeyName
	}
	role, err := ParseKeyRole(string(role))
	if err != nil {
		return "", err
	}
	key, text := newKey(name, role, s.now())
	if err := s.store.InsertKey(ctx, key); err != nil {
		return "", fmt.Errorf("create key: %w", err)
	}
	return text, nil
}

// Authenticate returns who bears the key. It returns ErrKeyMissing for an empty bearer and ErrKeyUnknown for anything
// that is not a valid key's text. What it knows of a key it keeps for five seconds.
func (s *Service) Authenticate(ctx context.Context, bearer string) (Actor, error) {
	if bearer == "" {
		return Actor{}, ErrKeyMissing
	}
	id, secret, ok := parseKey(bearer)
	if !ok {
		return Actor{}, ErrKeyUnknown
	}
	key, err := s.find(ctx, id)
	if errors.Is(err, ErrKeyNotFound) {
		return Actor{}, ErrKeyUnknown
	}
	if err != nil {
		return Actor{}, fmt.Errorf("authenticate: %w", err)
	}
	if !key.opens(secret) {
		return Actor{}, ErrKeyUnknown
	}
	return Actor{Name: key.Name, Role: key.Role}, nil
}

// Revoke ends a key's validity, everywhere within five seconds. It returns ErrKeyNotFound if there is no such key;
// revoking twice changes nothing.
func (s *Service) Revoke(ctx context.Context, id string) error {
	if err := s.store.RevokeKey(ctx, id, s.now().UTC().Truncate(time.Microsecond)); err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	s.cache.drop(id)
	return nil
}

// List returns every key that was ever made, the oldest first.
func (s *Service) List(ctx context.Context) ([]Key, error) {
	keys, err := s.store.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

// EnsureDevelopmentKey returns the text of a new admin key for the server at an address, if nobody made a key yet; the key
// that an earlier call made for that address dies. Once somebody has made a key of their own it returns "", and all
// development keys are gone.
func (s *Service) EnsureDevelopmentKey(ctx context.Context, address string) (string, error) {
	key, text := newKey("development "+address, Admin, s.now())
	key.Development = true
	stored, err := s.store.ReplaceDevelopmentKey(ctx, key)
	if err != nil {
		return "", fmt.Errorf("make development key: %w", err)
	}
	if !stored {
		return "", nil
	}
	return text, nil
}

func (s *Service) find(ctx context.Context, id string) (Key, error) {
	if key, ok := s.cache.get(id, s.now()); ok {
		return key, nil
	}
	key, err := s.store.FindKey(ctx, id)
	if err != nil {
		return Key{}, err
	}
	s.cache.put(key, s.now())
	return key, nil
}
