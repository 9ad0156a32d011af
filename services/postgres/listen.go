package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listen calls f for every notice on channel, one at a time, until ctx ends, which is no error; only a URL that cannot be
// read is. It keeps one connection outside the pool and makes a new one whenever it is lost. Notices sent meanwhile are
// gone, so f is also called once after each connecting, with an empty payload: look for what was missed.
func Listen(ctx context.Context, url, channel string, f func(payload string)) error {
	if _, err := pgx.ParseConfig(url); err != nil {
		return fmt.Errorf("read the database URL: %w", err)
	}
	for attempt := 0; ; attempt++ {
		if listenOnce(ctx, url, channel, f) {
			attempt = 0
		}
		if !pause(ctx, backoff(attempt, 50*time.Millisecond, 5*time.Second)) {
			return nil
		}
	}
}

// listenOnce listens until the connection or ctx ends, and reports whether there was a connection at all.
func listenOnce(ctx context.Context, url, channel string, f func(payload string)) (connected bool) {
	conn, err := connect(ctx, url, map[string]string{"application_name": "raceday listen " + channel})
	if err != nil {
		return false
	}
	defer closeConn(ctx, conn)
	if _, err := conn.Exec(ctx, `LISTEN `+pgx.Identifier{channel}.Sanitize()); err != nil {
		return false
	}
	f("")
	for {
		notice, err := conn.WaitForNotification(ctx)
		if err != nil {
			return true
		}
		f(notice.Payload)
	}
}
