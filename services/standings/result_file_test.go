package standings_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/age"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// gun is when every wave of these tests leaves.
var gun = racetime.At(time.Date(2025, 9, 28, 2, 0, 0, 0, time.UTC))

const (
	second      = time.Second
	millisecond = time.Millisecond
)

// twoRaces is a city race over k5 and k10 and a ten over k5: they share the split at k5 and two classifications.
func twoRaces() *race.Event {
	city := race.New(race.Other)
	city.ID = "city"
	city.Course = []race.Visit{{Point: "line"}, {Point: "k5"}, {Point: "k10"}, {Point: "line"}}
	city.Classifications = []race.Classification{
		{ID: "sex", By: []race.By{race.BySex}},
		{ID: "age", By: []race.By{race.BySex, race.ByAge}, Bands: age.Bands{18, 40}, Basis: race.Net},
	}
	ten := race.New(race.TenKm)
	ten.ID = "ten"
	ten.NoStartRead = race.NoNetTime
	ten.Rounding = 100 * millisecond
	ten.Course = []race.Visit{{Point: "line"}, {Point: "k5"}, {Point: "turn"}, {Point: "line"}}
	ten.Classifications = []race.Classification{
		{ID: "overall", Basis: race.Net}, {ID: "sex", By: []race.By{race.BySex}},
	}
	return &race.Event{ID: "almaty-2025", Races: []race.Race{city, ten}}
}

// runner returns a result whose passings are so long after the gun; zero is not seen.
func runner(id race.EntrantID, raceID race.ID, bib race.Bib, status result.Status, afterGun ...time.Duration) result.Result {
	r := result.Result{Entrant: id, Race: raceID, Bib: bib, Status: status, GunAt: gun}
	for visit, d := range afterGun {
		if d != 0 {
			r.Passings = append(r.Passings, passing.Passing{Visit: visit, At: gun.Add(d)})
		}
	}
	return r
}

// finished gives a runner the times that follow from a last passing at the finish.
func finished(r result.Result) result.Result {
	finish := r.Passings[len(r.Passings)-1].At
	r.Gun = racetime.Known(finish.Sub(gun))
	if start, ok := r.StartAt(); ok {
		r.Net = racetime.Known(finish.Sub(start))
	}
	return r
}

func TestResultsFile(t *testing.T) {
	t.Parallel()
	fast := finished(runner(1, "city", "10", result.Finished, 10*second, 1200*second, 2400*second, 4000*second+millisecond))
	fast.Chip, fast.Sex, fast.AgeGroup, fast.Wave, fast.Lists = "C10 D10", race.Male, "M18-39", "A", []string{"sex/M", "age/M18-39"}

	tied := finished(runner(2, "city", "9", result.Finished, 20*second, 0, 2400*second+500*millisecond, 4000*second+millisecond))
	tied.Sex, tied.AgeGroup, tied.Lists = race.Male, "M18-39", []string{"sex/M", "age/M18-39"}

	penalised := finished(runner(3, "city", "11", result.Finished, 10*second, 1200*second, 2400*second, 3990*second))
	penalised.Sex, penalised.Penalty, penalised.Lists = race.Male, 60*second+500*millisecond, []string{"sex/M", ""}

	woman := finished(runner(4, "city", "12", result.Finished, 0, 1200*second, 0, 5000*second))
	woman.Net = woman.Gun
	woman.Sex, woman.AgeGroup, woman.Lists = race.Female, "F40+", []string{"sex/F", "age/F40+"}

	disqualified := finished(runner(5, "city", "2", result.DSQ, 5*second, 1000*second, 2000*second, 3000*second))
	disqualified.Sex, disqualified.AgeGroup, disqualified.Lists = race.Male, "M40+", []string{"sex/M", "age/M40+"}

	started := runner(6, "city", "1", result.Started, 5*second, 1000*second)
	started.Sex, started.Lists = race.Male, []string{"sex/M", ""}

	entered := runner(7, "city", "A1", result.Entered)
	entered.Lists = []string{"", ""}

	noStart := finished(runner(8, "ten", "901", result.Finished, 0, 900*second+50*millisecond, 1000*second, 1800*second))
	noStart.Sex, noStart.Lists = race.X, []string{"", "sex/X"}

	comma := finished(runner(9, "ten", "900", result.Finished, 2*second, 900*second+50*millisecond, 0, 1800*second+20*millisecond))
	comma.Sex, comma.Lists = race.X, []string{"overall", "sex/X"}
	comma.AgeGroup = `a "quoted", group`

	results := []result.Result{fast, tied, penalised, woman, disqualified, started, entered, noStart, comma,
		runner(10, "elsewhere", "5", result.Entered)}
	want := strings.Join([]string{
		"race,bib,chip,sex,age_group,wave,status,gun,net,penalty,ranked,gun_ms,net_ms,ranked_ms," +
			"split:1:k5,split:2:k10,split:2:turn,list:sex,rank:sex,list:age,rank:age,list:overall,rank:overall",
		"city,12,,F,F40+,,FINISHED,1:23:20,1:23:20,,1:23:20,5000000,5000000,5000000,0:20:00,,,sex/F,1,age/F40+,1,,",
		"city,9,,M,M18-39,,FINISHED,1:06:41,1:06:21,,1:06:41,4000001,3980001,4000001,,0:39:41,,sex/M,1,age/M18-39,1,,",
		"city,10,C10 D10,M,M18-39,A,FINISHED,1:06:41,1:06:31,,1:06:41,4000001,3990001,4000001,0:19:50,0:39:50,,sex/M,1,age/M18-39,2,,",
		"city,11,,M,,,FINISHED,1:06:30,1:06:20,0:01:01,1:07:31,3990000,3980000,4050500,0:19:50,0:39:50,,sex/M,3,,,,",
		"city,1,,M,,,STARTED,,,,,,,,0:16:35,,,sex/M,,,,,",
		"city,2,,M,M40+,,DSQ,0:50:00,0:49:55,,,3000000,2995000,,0:16:35,0:33:15,,sex/M,,age/M40+,,,",
		"city,A1,,,,,ENTERED,,,,,,,,,,,,,,,,",
		`ten,900,,X,"a ""quoted"", group",,FINISHED,0:30:00.1,0:29:58.1,,0:29:58.1,1800020,1798020,1798020,0:14:58.1,,,sex/X,2,,,overall,1`,
		"ten,901,,X,,,FINISHED,0:30:00.0,,,,1800000,,,,,,sex/X,1,,,,",
		"",
	}, "\n")

	for range 5 {
		rand.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		var got bytes.Buffer
		if err := standings.WriteResults(&got, twoRaces(), results); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
}

func TestResultsAsJSONHaveTheColumnsOfTheFile(t *testing.T) {
	t.Parallel()
	r := finished(runner(1, "ten", "7", result.Finished, 2*second, 900*second, 1000*second, 1800*second))
	r.AgeGroup, r.Lists = `a "quoted" group`, []string{"overall", ""}
	var got bytes.Buffer
	if err := standings.WriteResultsJSON(&got, twoRaces(), []result.Result{r}); err != nil {
		t.Fatal(err)
	}
	want := `{"race":"ten","bib":"7","chip":"","sex":"","age_group":"a \"quoted\" group","wave":"","status":"FINISHED",` +
		`"gun":"0:30:00.0","net":"0:29:58.0","penalty":"","ranked":"0:29:58.0","gun_ms":1800000,"net_ms":1798000,` +
		`"ranked_ms":1798000,"split:1:k5":"0:14:58.0","split:2:k10":"","split:2:turn":"0:16:38.0",` +
		`"list:sex":"","rank:sex":null,"list:age":"","rank:age":null,"list:overall":"overall","rank:overall":1}` + "\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !json.Valid(got.Bytes()) {
		t.Error("the line is not JSON")
	}
}

func TestAJudgesOrderIsTheOrderOfLines(t *testing.T) {
	t.Parallel()
	event := twoRaces()
	first := finished(runner(1, "ten", "1", result.Finished, second, 0, 0, 1800*second))
	second := finished(runner(2, "ten", "2", result.Finished, second, 0, 0, 1801*second))
	first.Lists, second.Lists = []string{"overall", ""}, []string{"overall", ""}
	second.Before = []race.Bib{"1"}
	var got bytes.Buffer
	if err := standings.WriteResults(&got, event, []result.Result{first, second}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got.String(), "\n")
	if !strings.HasPrefix(lines[1], "ten,2,") || !strings.HasSuffix(lines[1], ",overall,1") ||
		!strings.HasPrefix(lines[2], "ten,1,") || !strings.HasSuffix(lines[2], ",overall,2") {
		t.Errorf("bib 2 is not directly before bib 1:\n%s", got.String())
	}
}

// relay is a relay of three legs over the given points.
func relay() *race.Event {
	r := race.New(race.Other)
	r.ID = "relay"
	r.Course = []race.Visit{{Point: "start"}, {Point: "x1"}, {Point: "x2"}, {Point: "finish"}}
	r.Team = &race.Team{Size: 3, Legs: []race.Leg{{To: "x1"}, {To: "x2"}, {To: "finish"}}}
	r.Classifications = []race.Classification{{ID: "overall"}}
	return &race.Event{ID: "relay-day", Races: []race.Race{r}}
}

// team returns a result with legs of these exact times; zero is not known.
func team(id race.EntrantID, bib race.Bib, status result.Status, legs ...time.Duration) result.Result {
	r := result.Result{Entrant: id, Race: "relay", Bib: bib, Status: status, GunAt: gun, Lists: []string{"overall"}}
	sum := racetime.Known(0)
	for i, d := range legs {
		leg := result.Leg{Number: i + 1, MemberBib: bib + "-" + race.Bib(rune('1'+i))}
		if d > 0 {
			leg.Time, leg.Ranked = racetime.Known(d), true
			sum.Time += d
		} else {
			sum.Known = false
		}
		if sum.Known {
			leg.Cumulative = sum
		}
		r.Legs = append(r.Legs, leg)
	}
	return r
}

func TestLegsFile(t *testing.T) {
	t.Parallel()
	// Both legs end in a half second: shown cumulatively they are 1001 and 2001, so the second leg shows 1000.
	a := team(1, "1", result.Finished, 1000*second+500*millisecond, 1000*second+500*millisecond, 900*second)

	// An exchange was not read: two legs are unknown, their sum is not.
	b := team(2, "2", result.Finished, 0, 0, 950*second)
	b.Legs[1].Cumulative, b.Legs[2].Cumulative = racetime.Known(1900*second), racetime.Known(2850*second)

	// The second leg was not completed; the third keeps its time and rank, and there is no sum behind it.
	c := team(3, "10", result.DNF, 990*second, 0, 880*second+millisecond)
	c.Legs[1].NotCompleted = true

	// As c, but later legs are for reference only.
	d := team(4, "A", result.DNF, 995*second, 0, 100*second)
	d.Legs[1].NotCompleted, d.Legs[2].Ranked = true, false

	// Disqualified: no rank for a leg that the rules do not rank, none after any leg.
	e := team(5, "5", result.DSQ, 500*second, 500*second, 500*second)
	for i := range e.Legs {
		e.Legs[i].Ranked = false
	}
	results := []result.Result{e, d, c, b, a}
	want := strings.Join([]string{
		"race,bib,leg,member_bib,leg_time,leg_ms,leg_rank,cumulative,cumulative_ms,rank_after",
		"relay,1,1,1-1,0:16:41,1000500,3,0:16:41,1000500,3",
		"relay,1,2,1-2,0:16:40,1000500,1,0:33:21,2001000,2",
		"relay,1,3,1-3,0:15:00,900000,2,0:48:21,2901000,2",
		"relay,2,1,2-1,,,,,,",
		"relay,2,2,2-2,,,,0:31:40,1900000,1",
		"relay,2,3,2-3,0:15:50,950000,3,0:47:30,2850000,1",
		"relay,5,1,5-1,0:08:20,500000,,0:08:20,500000,",
		"relay,5,2,5-2,0:08:20,500000,,0:16:40,1000000,",
		"relay,5,3,5-3,0:08:20,500000,,0:25:00,1500000,",
		"relay,10,1,10-1,0:16:30,990000,1,0:16:30,990000,1",
		"relay,10,2,10-2,,,,,,",
		"relay,10,3,10-3,0:14:41,880001,1,,,",
		"relay,A,1,A-1,0:16:35,995000,2,0:16:35,995000,2",
		"relay,A,2,A-2,,,,,,",
		"relay,A,3,A-3,0:01:40,100000,,,,",
		"",
	}, "\n")
	var got bytes.Buffer
	if err := standings.WriteLegs(&got, relay(), results); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
