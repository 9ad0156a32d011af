// Package scoringnats tells the live boards over core NATS what the scorer's commits changed.
package scoringnats

import (
	"log/slog"

	"github.com/nats-io/nats.go"

	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/scoring"
)

// maxNotice is the largest message of a notice in bytes. The server takes messages of at least twice as much as a message of
// reads may be.
const maxNotice = 64 << 10

// Notices publishes notices.
type Notices struct {
	conn *nats.Conn
	log  *slog.Logger
}

// New returns notices on a connection.
func New(conn *nats.Conn, log *slog.Logger) *Notices { return &Notices{conn, log} }

// Publish sends a notice of a commit. One that is lost costs the boards a read from Postgres, so failing is no error.
func (n *Notices) Publish(c scoring.Commit, reload bool) {
	told := notice.Notice{
		Event: c.From.Event, VersionBefore: c.From.Version, VersionAfter: c.To.Version, Reload: reload,
		Changed: make([]result.Result, 0, len(c.Changes.Results)),
		Removed: make([]race.EntrantID, len(c.Changes.Removed)),
	}
	for i := range c.Changes.Results {
		// Boards show no anomalies; a notice without changes still leads them to its version.
		if change := &c.Changes.Results[i]; change.Was == nil || !change.Was.EqualShown(&change.Now) {
			told.Changed = append(told.Changed, change.Now)
		}
	}
	for i := range c.Changes.Removed {
		told.Removed[i] = c.Changes.Removed[i].Entrant
	}
	bodies, err := notice.Encode(told, maxNotice)
	for i := 0; i < len(bodies) && err == nil; i++ {
		err = n.conn.Publish(notice.Subject(told.Event), bodies[i])
	}
	if err != nil {
		n.log.Warn("a notice was not sent", "event", told.Event, "version", told.VersionAfter, "error", err)
	}
}
