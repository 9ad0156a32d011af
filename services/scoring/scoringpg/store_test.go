package scoringpg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/scoring"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// facts append nothing, or refuse.
type facts struct{ err error }

func (f facts) Append(context.Context, pgx.Tx, scoring.Commit) error { return f.err }

const at = racetime.Instant(1_790_000_000_123_456)

func finisher() result.Result {
	return result.Result{
		Entrant: 7, Race: "run", Bib: "12", Chip: "C1 C2", Name: "Әсел", Sex: race.Female, Country: "KAZ", Club: "a|b",
		Category: "Open", AgeGroup: "F35-39", Wave: "A", Status: result.Finished, GunAt: at,
		Passings: []passing.Passing{{Visit: 0, At: at + 5}, {Visit: 2, At: at + 100}},
		Gun:      racetime.Known(100 * time.Microsecond), Net: racetime.Known(95 * time.Microsecond),
		Legs: []result.Leg{
			{Number: 1, MemberBib: "12A", MemberName: "Ann", Time: racetime.Known(40 * time.Microsecond), Ranked: true, RanBy: 2},
			{Number: 2, NotCompleted: true},
		},
		Anomalies: []anomaly.Anomaly{
			{Kind: anomaly.MissingPoint, Visit: 1, FromVisit: anomaly.Nowhere},
			{Kind: anomaly.ImpossibleSegment, Visit: 2, At: at + 100, FromVisit: 0, FromAt: at + 5, Time: 95 * time.Microsecond, Leg: 1},
		},
		Lists: []string{"overall", "", "cat/x\x1fy"}, Before: []race.Bib{"13"},
	}
}

func commit(version int64, changes scoring.Changes, lists ...scoring.ListChange) scoring.Commit {
	return scoring.Commit{
		From:    scoring.Position{Event: "day", Version: version - 1},
		To:      scoring.Position{Event: "day", Version: version},
		Changes: changes, Lists: lists, Exact: len(lists) > 0,
	}
}

// rows returns everything stored, a line a row.
func rows(t *testing.T, pool *pgxpool.Pool) map[string][]string {
	t.Helper()
	stored := map[string][]string{}
	for table, query := range map[string]string{
		"results":  `SELECT (entrant, race, bib, chip, name, status, gun_us, net_us, legs_us, lists, before, left_course, version)::text FROM standings.results ORDER BY entrant`,
		"passings": `SELECT (entrant, visit, at)::text FROM standings.passings ORDER BY entrant, visit`,
		"legs":     `SELECT (entrant, leg, member_bib, leg_us, cumulative_us, not_completed, ranked, ran_by)::text FROM standings.legs ORDER BY entrant, leg`,
		"anomalies": `SELECT (entrant, number, kind, visit, at, from_visit, from_at, time_us, leg, dealt_by)::text
		              FROM standings.anomalies ORDER BY entrant, number`,
		"ranks": `SELECT (race, list, entrant, rank, time_us)::text FROM standings.ranks ORDER BY race, list, entrant`,
		"lists": `SELECT (race, list, version, ranked)::text FROM standings.lists ORDER BY race, list`,
	} {
		found, err := pool.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		if stored[table], err = pgx.CollectRows(found, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
	}
	return stored
}

func TestCommitWritesWhatChanged(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store := New(pool, facts{})
	do := func(c scoring.Commit) {
		t.Helper()
		if err := store.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, want map[string][]string) {
		t.Helper()
		if diff := cmp.Diff(want, rows(t, pool)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	overall := scoring.ListKey{Race: "run", List: "overall"}
	first := finisher()
	do(commit(1, scoring.Changes{Results: []scoring.Change{{Now: first}}}, scoring.ListChange{
		ListKey: overall, Ranked: 1, New: []scoring.Rank{{Entrant: 7, Rank: 1, Time: 100 * time.Microsecond}}}))
	want := map[string][]string{
		"results":  {`(7,run,12,"C1 C2",Әсел,FINISHED,100,95,,"{overall,"""",""cat/x y""}",{13},f,1)`},
		"passings": {`(7,0,"2026-09-21 14:13:20.123461+00")`, `(7,2,"2026-09-21 14:13:20.123556+00")`},
		"legs":     {`(7,1,12A,40,,f,t,2)`, `(7,2,"",,,t,f,0)`},
		"anomalies": {
			`(7,0,MISSING_POINT,1,,-1,,0,0,"")`,
			`(7,1,IMPOSSIBLE_SEGMENT,2,"2026-09-21 14:13:20.123556+00",0,"2026-09-21 14:13:20.123461+00",95,1,"")`,
		},
		"ranks": {`(run,overall,7,1,100)`},
		"lists": {`(run,overall,1,1)`},
	}
	check("a new result", want)

	second := first
	second.Passings = []passing.Passing{{Visit: 0, At: at + 5}, {Visit: 1, At: at + 50}}
	second.Legs = first.Legs[:1]
	do(commit(2, scoring.Changes{Results: []scoring.Change{{Was: &first, Now: second}}}))
	want["passings"] = []string{want["passings"][0], `(7,1,"2026-09-21 14:13:20.123506+00")`}
	want["legs"] = want["legs"][:1]
	check("passings and legs changed: the row of the result and the list stay", want)

	reviewed := second
	reviewed.Anomalies = slices.Clone(second.Anomalies)
	reviewed.Anomalies[0].DealtBy = "r1"
	do(commit(2, scoring.Changes{Results: []scoring.Change{{Was: &second, Now: reviewed}}}))
	want["anomalies"] = []string{`(7,0,MISSING_POINT,1,,-1,,0,0,r1)`, want["anomalies"][1]}
	check("an anomaly was reviewed: nothing else changes", want)
	second = reviewed
	second.Anomalies = reviewed.Anomalies[:1]
	do(commit(2, scoring.Changes{Results: []scoring.Change{{Was: &reviewed, Now: second}}}))
	want["anomalies"] = want["anomalies"][:1]
	check("an anomaly is no more", want)

	third := second
	third.LeftCourse = true
	third.Status, third.Gun, third.Net, third.Lists = result.DNF, racetime.Optional{}, racetime.Optional{}, []string{""}
	do(commit(3, scoring.Changes{Results: []scoring.Change{{Was: &second, Now: third}}}, scoring.ListChange{
		ListKey: overall, Removed: []race.EntrantID{7}}))
	want["results"] = []string{`(7,run,12,"C1 C2",Әсел,DNF,,,,"{""""}",{13},t,3)`}
	want["ranks"], want["lists"] = []string{}, []string{`(run,overall,3,0)`}
	check("a result that lost its rank", want)

	back := third
	back.LeftCourse, back.Status = false, result.Started
	do(commit(4, scoring.Changes{Results: []scoring.Change{{Was: &third, Now: back}}}, scoring.ListChange{ListKey: overall}))
	want["results"], want["lists"] = []string{`(7,run,12,"C1 C2",Әсел,STARTED,,,,"{""""}",{13},f,4)`}, []string{`(run,overall,4,0)`}
	check("the ruling that the entrant left the course is revoked", want)

	do(commit(5, scoring.Changes{Removed: []result.Result{back}}, scoring.ListChange{ListKey: scoring.ListKey{Race: "run", List: "sex/F"}}))
	want["results"], want["passings"], want["legs"], want["anomalies"] = []string{}, []string{}, []string{}, []string{}
	want["lists"] = []string{`(run,overall,5,0)`, `(run,sex/F,5,0)`}
	check("an entrant off the roster; lists that did not change are exact as well", want)
}

func TestListsThatAreBehindDoNotSayThatTheyAreExact(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store := New(pool, facts{})
	overall, sex, age := scoring.ListKey{Race: "run", List: "overall"}, scoring.ListKey{Race: "run", List: "sex"}, scoring.ListKey{Race: "run", List: "age"}
	rank := func(rank int) []scoring.Rank { return []scoring.Rank{{Entrant: 7, Rank: rank, Time: time.Microsecond}} }
	first := commit(1, scoring.Changes{}, scoring.ListChange{ListKey: overall, Ranked: 1, New: rank(1)},
		scoring.ListChange{ListKey: sex, Ranked: 1, New: rank(1)}, scoring.ListChange{ListKey: age})
	second := commit(2, scoring.Changes{}, scoring.ListChange{ListKey: overall, Ranked: 2, Put: rank(2)})
	second.Behind = []scoring.ListKey{sex}
	for _, c := range []scoring.Commit{first, second} {
		if err := store.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	stored := rows(t, pool)
	if diff := cmp.Diff([]string{"(run,overall,7,2,1)", "(run,sex,7,1,1)"}, stored["ranks"]); diff != "" {
		t.Errorf("ranks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"(run,age,2,0)", "(run,overall,2,2)", "(run,sex,1,1)"}, stored["lists"]); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
}

// What a scorer takes for stored may have been tampered with: then nothing is written, and it has to begin anew.
func TestCommitRefusesToGoOnFromWhatIsNotStored(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store := New(pool, facts{})
	was, now := finisher(), finisher()
	now.Status, now.Passings = result.DNF, now.Passings[:1]
	overall := scoring.ListKey{Race: "run", List: "overall"}
	ranks := []scoring.Rank{{Entrant: 7, Rank: 1, Time: time.Microsecond}}
	if err := store.Commit(t.Context(), commit(1, scoring.Changes{Results: []scoring.Change{{Now: was}}},
		scoring.ListChange{ListKey: overall, New: ranks})); err != nil {
		t.Fatal(err)
	}
	before := rows(t, pool)
	lostWas, lostNow := was, now
	lostWas.Entrant, lostNow.Entrant = 8, 8
	again := was
	again.Passings = was.Passings[:1]
	for name, c := range map[string]scoring.Commit{
		"a result":                  commit(2, scoring.Changes{Results: []scoring.Change{{Was: &was, Now: now}, {Was: &lostWas, Now: lostNow}}}),
		"a passing that is there":   commit(2, scoring.Changes{Results: []scoring.Change{{Was: &again, Now: was}}}),
		"a rank":                    commit(2, scoring.Changes{}, scoring.ListChange{ListKey: overall, Put: []scoring.Rank{{Entrant: 9, Rank: 1}}}),
		"a rank that is there once": commit(2, scoring.Changes{}, scoring.ListChange{ListKey: overall, New: ranks}),
	} {
		if err := store.Commit(t.Context(), c); err == nil {
			t.Errorf("%s: no error", name)
		}
		if diff := cmp.Diff(before, rows(t, pool)); diff != "" {
			t.Errorf("%s: something is written (-before +after):\n%s", name, diff)
		}
	}
}

func TestRanksAreReadBack(t *testing.T) {
	t.Parallel()
	store := New(postgrestest.Tx(t), facts{})
	if ranks, exactTo, err := store.Ranks(t.Context(), "day"); err != nil || len(ranks) != 0 || exactTo != 0 {
		t.Errorf("without lists: %v, %d, %v", ranks, exactTo, err)
	}
	want := map[scoring.ListKey][]scoring.Rank{
		{Race: "run", List: "overall"}: {{Entrant: 7, Rank: 1, Time: time.Second}, {Entrant: 8, Rank: 2, Time: 2 * time.Second}},
		{Race: "run", List: "sex/X"}:   nil,
	}
	var lists []scoring.ListChange
	for key, ranks := range want {
		lists = append(lists, scoring.ListChange{ListKey: key, New: ranks, Ranked: len(ranks)})
	}
	if err := store.Commit(t.Context(), commit(9, scoring.Changes{}, lists...)); err != nil {
		t.Fatal(err)
	}
	got, exactTo, err := store.Ranks(t.Context(), "day")
	if err != nil || exactTo != 9 {
		t.Errorf("exact to %d, %v, want 9", exactTo, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCommitIsAllOrNothing(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	changes := scoring.Changes{Results: []scoring.Change{{Now: finisher()}}}
	if err := New(pool, facts{scoring.ErrFenced}).Commit(t.Context(), commit(1, changes)); !errors.Is(err, scoring.ErrFenced) {
		t.Errorf("got %v, want ErrFenced", err)
	}
	broken := finisher()
	broken.Entrant, broken.Name = 8, "\x00"
	changes.Results = append(changes.Results, scoring.Change{Now: broken})
	if err := New(pool, facts{}).Commit(t.Context(), commit(1, changes)); err == nil {
		t.Error("a text that Postgres cannot hold was taken")
	}
	if stored := rows(t, pool); len(stored["results"])+len(stored["passings"]) > 0 {
		t.Errorf("half of a commit is stored: %v", stored)
	}
}

func TestManyEntrantsAtOnce(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store := New(pool, facts{})
	do := func(c scoring.Commit) {
		t.Helper()
		if err := store.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	const entrants = statementRows + 1
	overall := scoring.ListKey{Race: "run", List: "overall"}
	var entered, moved scoring.Changes
	var first, second []scoring.Rank
	for i := range entrants {
		r := finisher()
		r.Entrant, r.Bib, r.Anomalies = race.EntrantID(i+1), race.Bib(fmt.Sprint(i)), r.Anomalies[:1]
		now := r
		now.Passings = append(slices.Clone(r.Passings), passing.Passing{Visit: 3, At: at + 200})
		now.Net = racetime.Known(195 * time.Microsecond)
		entered.Results = append(entered.Results, scoring.Change{Now: r})
		moved.Results = append(moved.Results, scoring.Change{Was: &r, Now: now})
		first = append(first, scoring.Rank{Entrant: r.Entrant, Rank: i + 1})
		second = append(second, scoring.Rank{Entrant: r.Entrant, Rank: entrants - i})
	}
	do(commit(1, entered, scoring.ListChange{ListKey: overall, New: first, Ranked: entrants}))
	do(commit(2, moved, scoring.ListChange{ListKey: overall, Put: second, Ranked: entrants}))
	stored := rows(t, pool)
	for table, want := range map[string]int{
		"results": entrants, "passings": 3 * entrants, "legs": 2 * entrants, "anomalies": entrants, "ranks": entrants,
	} {
		if n := len(stored[table]); n != want {
			t.Errorf("%d %s stored, want %d", n, table, want)
		}
	}
	for i := range entrants {
		r, rank := stored["results"][i], stored["ranks"][i]
		if want := fmt.Sprintf("(%d,run,%d,", i+1, i); !strings.HasPrefix(r, want) || !strings.Contains(r, ",195,") {
			t.Fatalf("result %s, want %s with net 195", r, want)
		}
		if want := fmt.Sprintf("(run,overall,%d,%d,0)", i+1, entrants-i); rank != want {
			t.Fatalf("rank %s, want %s", rank, want)
		}
	}
	// One that was never stored is missed, whatever statement would have moved it.
	var again scoring.Changes
	for i := range entrants {
		was := moved.Results[i].Now
		if i == 0 {
			was.Entrant = entrants + 1
		}
		now := was
		now.Net = racetime.Known(196 * time.Microsecond)
		again.Results = append(again.Results, scoring.Change{Was: &was, Now: now})
	}
	if err := store.Commit(t.Context(), commit(3, again)); !errors.Is(err, errNotStored) {
		t.Errorf("error %v, want errNotStored", err)
	}
}
