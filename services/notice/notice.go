// Package notice is what one commit of the scorer changed, as it travels to the live boards. It owns the message, not
// its way: who publishes, who listens and what a lost one means is decided elsewhere.
package notice

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

// Notice leads from one version of an event's derived state to a later one.
type Notice struct {
	Event         race.EventID
	VersionBefore int64
	VersionAfter  int64
	// Changed are the entrants whose result is another one now, complete.
	Changed []result.Result
	// Removed are the entrants that are no longer on the roster.
	Removed []race.EntrantID
	// Reload means that Changed and Removed do not tell everything, or that the event itself changed.
	Reload bool
}

// Subject returns the subject of an event's notices.
func Subject(event race.EventID) string { return "changes." + string(event) }

// Encode writes a notice of at most maxBytes: one that would be larger says reload instead of what changed.
func Encode(n Notice, maxBytes int) ([]byte, error) {
	message := &standingsv1.Notice{
		Event:         string(n.Event),
		VersionBefore: n.VersionBefore,
		VersionAfter:  n.VersionAfter,
		Reload:        n.Reload,
	}
	// The smallest state is far above 32 bytes: what cannot fit is not built.
	if !n.Reload && len(n.Changed) <= maxBytes/32 {
		message.Entrants = make([]*standingsv1.EntrantState, len(n.Changed))
		for i := range n.Changed {
			message.Entrants[i] = ToState(&n.Changed[i])
		}
		for _, id := range n.Removed {
			message.Removed = append(message.Removed, int64(id))
		}
	}
	if len(message.Entrants) != len(n.Changed) || proto.Size(message) > maxBytes {
		message.Entrants, message.Removed, message.Reload = nil, nil, true
	}
	body, err := proto.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode notice: %w", err)
	}
	return body, nil
}

// Decode reads what Encode wrote.
func Decode(body []byte) (Notice, error) {
	var message standingsv1.Notice
	if err := proto.Unmarshal(body, &message); err != nil {
		return Notice{}, fmt.Errorf("decode notice: %w", err)
	}
	n := Notice{
		Event:         race.EventID(message.GetEvent()),
		VersionBefore: message.GetVersionBefore(),
		VersionAfter:  message.GetVersionAfter(),
		Reload:        message.GetReload(),
	}
	for _, state := range message.GetEntrants() {
		r, err := FromState(state)
		if err != nil {
			return Notice{}, fmt.Errorf("decode notice: %w", err)
		}
		n.Changed = append(n.Changed, r)
	}
	for _, id := range message.GetRemoved() {
		n.Removed = append(n.Removed, race.EntrantID(id))
	}
	return n, nil
}
