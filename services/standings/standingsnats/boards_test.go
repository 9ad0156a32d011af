package standingsnats_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"raceday/services/broker"
	"raceday/services/notice"
	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
	"raceday/services/standings/standingsnats"
	"raceday/services/standings/standingspg"
)

const event race.EventID = "almaty-2025"

// day is an event whose scorer is the test, on a real database and a real broker.
type day struct {
	t       *testing.T
	pool    *pgxpool.Pool
	conn    *nats.Conn
	boards  *standings.Boards
	version int64
}

func newDay(t *testing.T) *day {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	server, err := broker.StartEmbedded(broker.EmbeddedOptions{Dir: t.TempDir(), Host: "127.0.0.1", Unsynced: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	conn, err := broker.Connect(t.Context(), server.URL(), broker.ConnectOptions{Name: t.Name(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	closed := conn.StatusChanged(nats.CLOSED)
	t.Cleanup(func() {
		conn.Close()
		<-closed
	})
	d := &day{t: t, pool: postgrestest.Pool(t), conn: conn}
	d.boards = standings.NewBoards(standingspg.New(d.pool, d), standingsnats.New(conn, log), d, log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- d.boards.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ends with %v", err)
		}
	})
	return d
}

// Applied takes the highest version of the rows for that of the event.
func (d *day) Applied(ctx context.Context, tx pgx.Tx, event race.EventID) (version, change int64, err error) {
	const query = `SELECT coalesce(max(version), 0) FROM standings.results WHERE event = $1`
	err = tx.QueryRow(ctx, query, string(event)).Scan(&version)
	return version, 1, err
}

// CurrentChange is none.
func (d *day) CurrentChange(context.Context, race.EventID) (int64, error) { return 0, nil }

// EventAt is a race without anything particular.
func (d *day) EventAt(context.Context, race.EventID, int64) (*race.Event, error) {
	r := race.New(race.TenKm)
	r.ID = "ten"
	return &race.Event{ID: event, Races: []race.Race{r}}, nil
}

const upsertResult = `
INSERT INTO standings.results
VALUES ($1, $2, 'ten', $3, '', '', '', '', '', '', '', '', 'FINISHED', '', NULL, $4, NULL, NULL, 0, NULL, '{overall,""}', '{}', $5)
ON CONFLICT (event, entrant) DO UPDATE
SET gun_us = excluded.gun_us, version = excluded.version`

// commit stores the next version, in which an entrant has this gun time, and returns its notice.
func (d *day) commit(entrant race.EntrantID, bib race.Bib, gun time.Duration) notice.Notice {
	d.t.Helper()
	d.version++
	err := postgres.InTx(d.t.Context(), d.pool, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, upsertResult, string(event), int64(entrant), string(bib), gun.Microseconds(), d.version)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	r := result.Result{
		Entrant: entrant, Race: "ten", Bib: bib, Status: result.Finished, Gun: racetime.Known(gun), Lists: []string{"overall", ""},
	}
	return notice.Notice{
		Event: event, VersionBefore: d.version - 1, VersionAfter: d.version, Changed: []result.Result{r},
	}
}

func (d *day) publish(n notice.Notice) {
	d.t.Helper()
	bodies, err := notice.Encode(n, 1<<16)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, body := range bodies {
		if err := d.conn.Publish(notice.Subject(n.Event), body); err != nil {
			d.t.Fatal(err)
		}
	}
}

// follow watches the race until its leader is shown with this time, and returns the versions that it was told on the way.
func (d *day) follow(bib race.Bib, ranked string, told func(version int64)) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	err := d.boards.Use(ctx, event, func(b *standings.Board) error {
		return b.Watch(ctx, standings.Watching{Race: "ten", Top: 1}, func(u standings.Update) error {
			for _, row := range u.Rows {
				if row.Rank == 1 && row.Result.Bib == bib && row.Ranked() == ranked {
					cancel()
				}
			}
			if ctx.Err() == nil {
				told(u.Version)
			}
			return nil
		})
	})
	if context.Cause(ctx) != context.Canceled {
		d.t.Fatalf("bib %s is not shown in the lead with %s: %v", bib, ranked, err)
	}
}

func TestABoardFollowsTheScorerOverNATS(t *testing.T) {
	t.Parallel()
	d := newDay(t)
	d.commit(1, "1", 1800*time.Second)
	d.follow("3", "0:28:20", func(version int64) {
		switch version {
		case 1:
			d.publish(d.commit(2, "2", 1750*time.Second))
		case 2:
			d.publish(d.commit(3, "3", 1700*time.Second))
		}
	})
}

func TestABoardThatMissedANoticeReadsFromPostgres(t *testing.T) {
	t.Parallel()
	d := newDay(t)
	d.commit(1, "1", 1800*time.Second)
	d.follow("2", "0:29:10", func(int64) {
		d.commit(2, "2", 1750*time.Second)
		// The notice of the second version is lost; the third changes nothing in the lead.
		d.publish(d.commit(3, "3", 1900*time.Second))
	})
}

func TestABoardFindsWhatNoNoticeToldOf(t *testing.T) {
	t.Parallel()
	d := newDay(t)
	d.commit(1, "1", 1800*time.Second)
	d.follow("2", "0:29:10", func(int64) {
		if err := d.conn.Publish(notice.Subject(event), []byte("no notice")); err != nil {
			t.Error(err)
		}
		d.commit(2, "2", 1750*time.Second)
	})
}
