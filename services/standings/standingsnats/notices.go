// Package standingsnats hears over core NATS what the scorer's commits changed.
package standingsnats

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"raceday/services/notice"
	"raceday/services/rules/race"
)

const flushTime = time.Second

// Notices subscribes to events' notices on one connection.
type Notices struct {
	conn *nats.Conn
	log  *slog.Logger
}

// New returns notices that arrive on a connection.
func New(conn *nats.Conn, log *slog.Logger) *Notices { return &Notices{conn, log} }

// Subscribe calls f with each notice of an event, one at a time, until unsubscribe is called. A message that is no notice
// is logged and left out. Notices sent while the connection is away are lost.
func (n *Notices) Subscribe(event race.EventID, f func(notice.Notice)) (unsubscribe func(), err error) {
	subject := notice.Subject(event)
	var parts notice.Parts
	subscription, err := n.conn.Subscribe(subject, func(message *nats.Msg) {
		heard, whole, err := parts.Add(message.Data)
		if err != nil || heard.Event != event {
			n.log.Warn("message is no notice of its event", "subject", subject, "error", err)
			return
		}
		if whole {
			f(heard)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	// From the answer on the server knows of the subscription. Without one, what is sent meanwhile is lost, as any notice
	// may be.
	_ = n.conn.FlushTimeout(flushTime)
	return func() {
		// It fails only where the connection is closed already, which ends the subscription too.
		_ = subscription.Unsubscribe()
	}, nil
}
