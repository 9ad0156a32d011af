package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listener hears the notices of some channels. It keeps one connection outside the pool and makes a new one whenever it is
// lost.
type Listener struct {
	// URL leads to the database.
	URL string
	// Channels are what is listened to.
	Channels []string
	// Log is told once of each time that the connection is away.
	Log *slog.Logger
	// Heard is called for every notice of any channel, one at a time. Notices sent while the connection was away are gone,
	// so it is also called once after each connecting, with an empty payload: look for what was missed.
	Heard func(payload string)
}

// Run listens until ctx ends, which is no error; only a URL that cannot be read is.
func (l *Listener) Run(ctx context.Context) error {
	if _, err := pgx.ParseConfig(l.URL); err != nil {
		return fmt.Errorf("read the database URL: %w", err)
	}
	away := false // Told once, not at every attempt.
	for attempt := 0; ; attempt++ {
		connected, err := l.listen(ctx)
		if connected {
			attempt, away = 0, false
		}
		if ctx.Err() == nil && !away {
			away = true
			l.Log.WarnContext(ctx, "listening connection lost", "channels", l.Channels, "error", err)
		}
		if !pause(ctx, backoff(attempt, 50*time.Millisecond, 5*time.Second)) {
			return nil
		}
	}
}

// listen returns when the connection or ctx ends, and whether there was a connection at all.
func (l *Listener) listen(ctx context.Context) (connected bool, err error) {
	conn, err := connect(ctx, l.URL, map[string]string{"application_name": "raceday listen " + strings.Join(l.Channels, " ")})
	if err != nil {
		return false, err
	}
	defer closeConn(ctx, conn)
	for _, channel := range l.Channels {
		if _, err := conn.Exec(ctx, `LISTEN `+pgx.Identifier{channel}.Sanitize()); err != nil {
			return false, fmt.Errorf("listen: %w", err)
		}
	}
	l.Heard("")
	for {
		notice, err := conn.WaitForNotification(ctx)
		if err != nil {
			return true, fmt.Errorf("wait for a notice: %w", err)
		}
		l.Heard(notice.Payload)
	}
}
