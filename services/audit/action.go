// Package audit shows what officials did and proves that nobody changed the record of it since. The services that do these
// things record them, through the function audit.record of the database, in the transactions of what they change.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"raceday/services/rules/race"
)

// Action is something that an official did.
type Action struct {
	Event race.EventID
	// Number counts the actions of an event from 1, without gaps.
	Number int64
	// At is in whole microseconds.
	At     time.Time
	Actor  string
	Action string
	// Detail says for people what exactly was done.
	Detail string
	Digest Digest
}

// Digest is SHA-256 over the digest of the action before and the content of one.
type Digest [sha256.Size]byte

// String writes the digest in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// after returns the digest that the action must have behind another; before is nil for the first.
func (a *Action) after(before *Digest) Digest {
	var content []byte
	if before != nil {
		content = append(content, before[:]...)
	}
	for _, part := range []string{
		string(a.Event), strconv.FormatInt(a.Number, 10), strconv.FormatInt(a.At.UnixMicro(), 10), a.Actor, a.Action, a.Detail,
	} {
		content = strconv.AppendInt(content, int64(len(part)), 10)
		content = append(content, ':')
		content = append(content, part...)
	}
	return sha256.Sum256(content)
}
