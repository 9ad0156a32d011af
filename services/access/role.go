// Package access owns who calls: roles, actors and the API keys that prove them. It does not know which method a role may
// call; that table belongs to the transport.
package access

import "raceday/services/fault"

// Role is what a caller may be allowed to do.
type Role string

// The roles. A caller without a key is Public.
const (
	Public    Role = "public"
	Frontend  Role = "frontend"
	Registrar Role = "registrar"
	Timer     Role = "timer"
	Official  Role = "official"
	Admin     Role = "admin"
)

// Roles returns every role.
func Roles() []Role {
	return []Role{Public, Frontend, Registrar, Timer, Official, Admin}
}

// ErrRoleUnknown is returned for a word that is no role, and for a key of the role public, which needs none.
var ErrRoleUnknown = fault.New(fault.Invalid, "ROLE_UNKNOWN", "a key's role is one of frontend, registrar, timer, official and admin")

// ErrRoleNotAllowed is returned to a caller whose role may not call a method.
var ErrRoleNotAllowed = fault.New(fault.Forbidden, "ROLE_NOT_ALLOWED", "the role of this key may not do this")

// ParseKeyRole returns the role that text names, or ErrRoleUnknown if no key can have it.
func ParseKeyRole(text string) (Role, error) {
	for _, role := range Roles() {
		if text == string(role) && role != Public {
			return role, nil
		}
	}
	return "", ErrRoleUnknown
}

// Actor is who calls.
type Actor struct {
	// Name is that of the key, chosen by who made it; empty for a caller without a key.
	Name string
	// Role is that of the key, or Public.
	Role Role
}
