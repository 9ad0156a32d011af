package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"
)

// A key's text is rk_<id>_<secret>. The prefix lets scanners find keys that leaked into a repository; the id says which
// row to compare with, so that the secret is never looked up.
const (
	keyPrefix    = "rk_"
	keyIDLength  = 10
	secretLength = 26 // 130 bits of base 32
)

// Key is what is stored of an API key: everything but its secret.
type Key struct {
	// ID is the public part of the key's text.
	ID string
	// Name is what its maker calls it.
	Name string
	// Role is what its bearer may do.
	Role Role
	// SecretHash is the SHA-256 of the secret. The secret is random and long, so a slow hash would protect nothing more.
	SecretHash [sha256.Size]byte
	// Development marks the one key that the program made for itself.
	Development bool
	// CreatedAt is when it was made.
	CreatedAt time.Time
	// RevokedAt is when it ceased to be valid; zero while it is.
	RevokedAt time.Time
}

// newKey returns a random key and its text, which is the only time that the secret is seen.
func newKey(name string, role Role, at time.Time) (Key, string) {
	id := strings.ToLower(rand.Text()[:keyIDLength])
	secret := strings.ToLower(rand.Text()[:secretLength])
	key := Key{
		ID:         id,
		Name:       name,
		Role:       role,
		SecretHash: sha256.Sum256([]byte(secret)),
		CreatedAt:  at.UTC().Truncate(time.Microsecond),
	}
	return key, keyPrefix + id + "_" + secret
}

// parseKey splits a key's text; ok is false if it cannot be one.
func parseKey(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, keyPrefix)
	if !ok {
		return "", "", false
	}
	id, secret, ok = strings.Cut(rest, "_")
	return id, secret, ok && len(id) == keyIDLength && len(secret) == secretLength
}

// opens reports whether the secret is that of the key and the key is valid.
func (k Key) opens(secret string) bool {
	hash := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(hash[:], k.SecretHash[:]) == 1 && k.RevokedAt.IsZero()
}
