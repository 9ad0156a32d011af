// Package notice is what one commit of the scorer changed, as it travels to the live boards. It owns the message, not
// its way: who publishes, who listens and what a lost one means is decided elsewhere. It also words in the contract of the
// standings what other services answer with.
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
	// Changed are the entrants whose result is another one now, complete but for anomalies, which boards do not show.
	Changed []result.Result
	// Removed are the entrants that are no longer on the roster.
	Removed []race.EntrantID
	// Reload means that Changed and Removed do not tell everything, or that the event itself changed.
	Reload bool
}

// Subject returns the subject of an event's notices.
func Subject(event race.EventID) string { return "changes." + string(event) }

// maxParts bounds the messages of one notice: beyond it, reading from Postgres costs less.
const maxParts = 16

// Encode writes a notice as messages of at most maxBytes, which are to be sent in their order. One that needs too many of
// them says reload instead of what changed.
func Encode(n Notice, maxBytes int) ([][]byte, error) {
	parts, ok := divide(n, maxBytes)
	if !ok {
		reload := newPart(n, 0)
		reload.Reload = true
		parts = []*standingsv1.Notice{reload}
	}
	bodies := make([][]byte, len(parts))
	for i, part := range parts {
		body, err := proto.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("encode notice: %w", err)
		}
		bodies[i] = body
	}
	return bodies, nil
}

// The bytes that an entrant's state takes beside its own, and More.
const (
	stateFraming = 5
	moreBytes    = 2
)

// divide is false where the parts would be too many or too large.
func divide(n Notice, maxBytes int) ([]*standingsv1.Notice, bool) {
	part := newPart(n, 0)
	for _, id := range n.Removed {
		part.Removed = append(part.Removed, int64(id))
	}
	parts, size := []*standingsv1.Notice{part}, proto.Size(part)+moreBytes
	if n.Reload || size > maxBytes {
		return nil, false
	}
	for i := range n.Changed {
		state := ToState(&n.Changed[i])
		bytes := proto.Size(state) + stateFraming
		if size+bytes > maxBytes {
			part.More = true
			part = newPart(n, len(parts))
			parts, size = append(parts, part), proto.Size(part)+moreBytes
		}
		if size += bytes; size > maxBytes || len(parts) > maxParts {
			return nil, false
		}
		part.Entrants = append(part.Entrants, state)
	}
	return parts, true
}

func newPart(n Notice, number int) *standingsv1.Notice {
	return &standingsv1.Notice{
		Event: string(n.Event), VersionBefore: n.VersionBefore, VersionAfter: n.VersionAfter, Part: int32(number),
	}
}

// Parts joins the messages that notices come in. The zero Parts waits for a first one.
type Parts struct {
	notice Notice
	next   int32
}

// Add takes the next message and returns the notice when it is whole. A notice of which a part was lost says reload.
func (p *Parts) Add(body []byte) (n Notice, whole bool, err error) {
	var message standingsv1.Notice
	if err := proto.Unmarshal(body, &message); err != nil {
		return Notice{}, false, fmt.Errorf("decode notice: %w", err)
	}
	if n, err = fromMessage(&message); err != nil {
		return Notice{}, false, fmt.Errorf("decode notice: %w", err)
	}
	switch {
	case message.GetPart() == 0:
		p.notice = n
	case message.GetPart() != p.next || n.Event != p.notice.Event || n.VersionAfter != p.notice.VersionAfter:
		p.notice = Notice{Event: n.Event, VersionBefore: n.VersionBefore, VersionAfter: n.VersionAfter, Reload: true}
	case !p.notice.Reload:
		p.notice.Changed = append(p.notice.Changed, n.Changed...)
	}
	p.next = message.GetPart() + 1
	return p.notice, !message.GetMore(), nil
}

func fromMessage(message *standingsv1.Notice) (Notice, error) {
	n := Notice{
		Event:         race.EventID(message.GetEvent()),
		VersionBefore: message.GetVersionBefore(),
		VersionAfter:  message.GetVersionAfter(),
		Reload:        message.GetReload(),
	}
	for _, state := range message.GetEntrants() {
		r, err := FromState(state)
		if err != nil {
			return Notice{}, err
		}
		n.Changed = append(n.Changed, r)
	}
	for _, id := range message.GetRemoved() {
		n.Removed = append(n.Removed, race.EntrantID(id))
	}
	return n, nil
}
