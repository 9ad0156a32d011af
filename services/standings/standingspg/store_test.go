package standingspg_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
	"raceday/services/standings/standingspg"
)

// highest takes the highest version of an event's rows for that of the event, and as many for its changes.
type highest struct {
	// after runs once the version is read.
	after func()
}

func (h highest) Applied(ctx context.Context, tx pgx.Tx, event race.EventID) (version, change int64, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM standings.results WHERE event = $1`, string(event)).Scan(&version)
	if h.after != nil {
		h.after()
	}
	return version, version, err
}

func exec(t *testing.T, pool *pgxpool.Pool, statement string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

const insertDerived = `
INSERT INTO standings.results
VALUES ('e', 7, 'relay', 'A7', '00C7 D7', 'Team', 'X', 'KAZ', 'Club', 'Open', 'X18+', 'W', 'DSQ', 'TR6.3',
        '2025-09-28T07:00:00.123456+05:00', 3600000001, 3599000001, 3600000002, 30000000, 7200000000,
        '{overall,"",sex/X}', '{8,9}', 41, true),
       ('e', 3, 'ten', '3', '', '', '', '', '', '', '', '', 'ENTERED', '', NULL, NULL, NULL, NULL, 0, NULL, '{""}', '{}', 42, false),
       ('other', 7, 'relay', 'A7', '', '', '', '', '', '', '', '', 'ENTERED', '', NULL, NULL, NULL, NULL, 0, NULL, '{}', '{}', 50, false);
INSERT INTO standings.passings
VALUES ('e', 7, 2, '2025-09-28T02:30:00.5Z'), ('e', 7, 0, '2025-09-28T02:00:01Z'), ('other', 7, 1, '2025-09-28T02:10:00Z'),
       ('e', 5, 0, '2025-09-28T02:00:01Z');
INSERT INTO standings.legs
VALUES ('e', 7, 2, 'A7-2', 'Second', NULL, NULL, true, false, 0),
       ('e', 7, 1, 'A7-1', 'First', 1000000, 1000000, false, true, 2);
INSERT INTO standings.anomalies
VALUES ('e', 7, 1, 'IMPOSSIBLE_SEGMENT', 2, '2025-09-28T02:30:00.5Z', 0, '2025-09-28T02:00:01Z', 1799500000, 0, ''),
       ('e', 7, 0, 'MISSING_POINT', 1, NULL, -1, NULL, 0, 0, 'r1'), ('e', 5, 0, 'MISSING_POINT', 1, NULL, -1, NULL, 0, 0, ''),
       ('other', 7, 0, 'OTHERS_LEG', 1, '2025-09-28T02:10:00Z', -1, NULL, 0, 2, '')`

func TestLoadReturnsWhatIsStored(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	exec(t, pool, insertDerived)
	version, change, got, err := standingspg.New(pool, highest{}).Load(t.Context(), "e")
	if err != nil {
		t.Fatal(err)
	}
	start := racetime.At(time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC))
	want := []result.Result{
		{Entrant: 3, Race: "ten", Bib: "3", Status: result.Entered, Lists: []string{""}},
		{
			Entrant: 7, Race: "relay", Bib: "A7", Chip: "00C7 D7", Name: "Team", Sex: race.X, Country: "KAZ", Club: "Club",
			Category: "Open", AgeGroup: "X18+", Wave: "W", Status: result.DSQ, Rule: "TR6.3", LeftCourse: true,
			GunAt: start.Add(123456 * time.Microsecond),
			Passings: []passing.Passing{
				{Visit: 0, At: start.Add(time.Second)}, {Visit: 2, At: start.Add(1800*time.Second + 500*time.Millisecond)},
			},
			Gun:         racetime.Known(3600*time.Second + time.Microsecond),
			Net:         racetime.Known(3599*time.Second + time.Microsecond),
			LegsTotal:   racetime.Known(3600*time.Second + 2*time.Microsecond),
			Penalty:     30 * time.Second,
			AgeStandard: racetime.Known(2 * time.Hour),
			Legs: []result.Leg{
				{Number: 1, MemberBib: "A7-1", MemberName: "First", Time: racetime.Known(time.Second),
					Cumulative: racetime.Known(time.Second), Ranked: true, RanBy: 2},
				{Number: 2, MemberBib: "A7-2", MemberName: "Second", NotCompleted: true},
			},
			Anomalies: []anomaly.Anomaly{
				{Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere, DealtBy: "r1"},
				{
					Kind: anomaly.ImpossibleSegment, Visit: 2, At: start.Add(1800*time.Second + 500*time.Millisecond),
					FromAt: start.Add(time.Second), Time: 1799*time.Second + 500*time.Millisecond,
				},
			},
			Lists:  []string{"overall", "", "sex/X"},
			Before: []race.Bib{"8", "9"},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if version != 42 || change != 42 {
		t.Errorf("version %d of change %d, want 42 of 42", version, change)
	}
}

func TestAnEventOfWhichNothingIsDerivedIsEmpty(t *testing.T) {
	t.Parallel()
	store := standingspg.New(postgrestest.Pool(t), highest{})
	version, change, results, err := store.Load(t.Context(), "nothing")
	if version != 0 || change != 0 || len(results) != 0 || err != nil {
		t.Errorf("got version %d of change %d, %d results, %v", version, change, len(results), err)
	}
	if version, change, err := store.Applied(t.Context(), "nothing"); version != 0 || change != 0 || err != nil {
		t.Errorf("got version %d of change %d, %v", version, change, err)
	}
}

func TestLoadSeesOneMoment(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	exec(t, pool, insertDerived)
	// A commit of the scorer falls between the reading of the version and that of the results.
	store := standingspg.New(pool, highest{after: func() {
		exec(t, pool, `UPDATE standings.results SET status = 'FINISHED', version = 43 WHERE event = 'e' AND entrant = 3`)
		exec(t, pool, `INSERT INTO standings.passings VALUES ('e', 3, 1, now())`)
	}})
	version, _, results, err := store.Load(t.Context(), "e")
	if err != nil {
		t.Fatal(err)
	}
	if version != 42 || results[0].Status != result.Entered || len(results[0].Passings) != 0 {
		t.Errorf("version %d comes with %v and %d passings", version, results[0].Status, len(results[0].Passings))
	}
}

func TestAnomaliesByRaceAndKind(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	exec(t, pool, insertDerived)
	exec(t, pool, `INSERT INTO standings.anomalies VALUES ('e', 3, 0, 'FALSE_START', 0, '2025-09-28T01:59:59Z', -1, NULL, 1500000, 0, '')`)
	start := racetime.At(time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC))
	falseStart := standings.Anomaly{Race: "ten", Bib: "3", Anomaly: anomaly.Anomaly{
		Kind: anomaly.FalseStart, At: start.Add(-time.Second), FromVisit: anomaly.Nowhere, Time: 1500 * time.Millisecond,
	}}
	missing := standings.Anomaly{Race: "relay", Bib: "A7", Anomaly: anomaly.Anomaly{
		Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere, DealtBy: "r1",
	}}
	tooFast := standings.Anomaly{Race: "relay", Bib: "A7", Anomaly: anomaly.Anomaly{
		Kind: anomaly.ImpossibleSegment, Visit: 2, At: start.Add(1800*time.Second + 500*time.Millisecond),
		FromAt: start.Add(time.Second), Time: 1799*time.Second + 500*time.Millisecond,
	}}
	store := standingspg.New(pool, highest{})
	for _, c := range []struct {
		event   race.EventID
		race    race.ID
		kind    anomaly.Kind
		want    []standings.Anomaly
		version int64
	}{
		{"e", "", "", []standings.Anomaly{falseStart, missing, tooFast}, 42},
		{"e", "relay", "", []standings.Anomaly{missing, tooFast}, 42},
		{"e", "", anomaly.MissingPoint, []standings.Anomaly{missing}, 42},
		{"e", "ten", anomaly.MissingPoint, nil, 42},
		{"nothing", "", "", nil, 0},
	} {
		version, change, got, err := store.Anomalies(t.Context(), c.event, c.race, c.kind)
		if err != nil || version != c.version || change != c.version {
			t.Errorf("%s: version %d of change %d, %v", c.event, version, change, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s, race %q, kind %q (-want +got)\n%s", c.event, c.race, c.kind, diff)
		}
	}
}
