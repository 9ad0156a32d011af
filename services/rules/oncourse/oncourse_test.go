package oncourse_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/oncourse"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

const (
	gun    racetime.Instant = 1_759_024_800_000_000
	minute                  = time.Minute
)

// city is a race of 20 km that comes by k5 and k15 and by a turn without a mat.
func city() *race.Event {
	r := race.Race{ID: "city", Course: []race.Visit{
		{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_000}, {Point: "turn", AtMillimetres: 10_000_000},
		{Point: "k15", AtMillimetres: 15_000_000}, {Point: "line", AtMillimetres: 20_000_000},
	}}
	return &race.Event{
		Mats:  []race.Mat{{ID: "line-a", Point: "line"}, {ID: "k5-a", Point: "k5"}, {ID: "k15-b", Point: "k15", Backup: true}},
		Races: []race.Race{r},
	}
}

// at is a passing so long after the gun.
func at(visit int, afterGun time.Duration) passing.Passing {
	return passing.Passing{Visit: visit, At: gun.Add(afterGun)}
}

func started(bib race.Bib, passings ...passing.Passing) *result.Result {
	return &result.Result{Race: "city", Bib: bib, Status: result.Started, GunAt: gun, Passings: passings}
}

func TestWhenAnEntrantShouldBeSeenNext(t *testing.T) {
	t.Parallel()
	relay, withoutMats, withoutLengths := city(), city(), city()
	relay.Races[0].Team = &race.Team{}
	withoutMats.Mats = withoutMats.Mats[1:]
	for i := range withoutLengths.Races[0].Course {
		withoutLengths.Races[0].Course[i].AtMillimetres = 0
	}
	with := func(r *result.Result, change func(*result.Result)) *result.Result {
		change(r)
		return r
	}
	for _, c := range []struct {
		name    string
		event   *race.Event
		results []*result.Result
		// The first of the results is asked for; wantNext of 0 is none, want of zero no expectation.
		wantNext int
		want     time.Duration
	}{
		{"at the own pace from the own start", city(), []*result.Result{started("1", at(0, 10*minute), at(1, 40*minute))}, 3, 100 * minute},
		{"at the pace since the gun where the start was not read", city(), []*result.Result{started("1", at(1, 40*minute))}, 3, 120 * minute},
		{"at the pace of all that was run so far", city(), []*result.Result{started("1", at(0, 0), at(1, 40*minute), at(3, 90*minute))}, 4, 120 * minute},
		{"a visit without a mat is not waited for, wherever the pace comes from", city(),
			[]*result.Result{started("1", at(0, 0), at(2, 60*minute))}, 3, 90 * minute},
		{"of who was read at the start only, the median of those who were further", city(), []*result.Result{
			started("1", at(0, 10*minute)), started("2", at(0, 0), at(1, 20*minute)), started("3", at(0, 5*minute), at(1, 55*minute)),
			with(started("4", at(0, 0), at(1, 30*minute)), func(r *result.Result) { r.Status = result.Finished }),
		}, 1, 40 * minute},
		{"of an even number the earlier one", city(), []*result.Result{
			started("1", at(0, 0)), started("2", at(0, 0), at(1, 20*minute)), started("3", at(0, 0), at(1, 30*minute)),
		}, 1, 20 * minute},
		{"of who was read at the start only, as long as nobody was further", city(),
			[]*result.Result{started("1", at(0, 10*minute)), started("2", at(0, 0))}, 1, 0},
		{"a team's from the gun, wherever it was read at the start", relay,
			[]*result.Result{started("1", at(0, 10*minute), at(1, 40*minute))}, 3, 120 * minute},
		{"a team that was read at the start only, from the gun too", relay, []*result.Result{
			started("1", at(0, 10*minute)), started("2", at(0, 5*minute), at(1, 20*minute)),
		}, 1, 20 * minute},
		{"no mat lies ahead", withoutMats, []*result.Result{started("1", at(0, 0), at(3, 90*minute))}, 0, 0},
		{"the course has no lengths", withoutLengths, []*result.Result{started("1", at(0, 0), at(1, 30*minute))}, 3, 0},
		{"neither start nor gun is known", city(),
			[]*result.Result{with(started("1", at(1, 30*minute)), func(r *result.Result) { r.GunAt = 0 })}, 3, 0},
		{"an official entered a passing before the gun", city(), []*result.Result{started("1", at(1, -minute))}, 3, 0},
		{"an official entered one in another century", city(), []*result.Result{started("1", at(1, 100*365*24*time.Hour))}, 3, 0},
	} {
		got := oncourse.Find(c.event, &c.event.Races[0], c.results)
		var first *oncourse.Entrant
		for i := range got {
			if got[i].Bib == "1" {
				first = &got[i]
			}
		}
		if first == nil {
			t.Fatalf("%s: bib 1 is not among %+v", c.name, got)
		}
		want := oncourse.Entrant{NextVisit: c.wantNext}
		if c.wantNext > 0 {
			want.NextPoint = c.event.Races[0].Course[c.wantNext].Point
		}
		if c.want != 0 {
			want.ExpectedAt = gun.Add(c.want)
		}
		if first.NextVisit != want.NextVisit || first.NextPoint != want.NextPoint || first.ExpectedAt != want.ExpectedAt {
			t.Errorf("%s: got visit %d at %s at %v, want visit %d at %s at %v", c.name,
				first.NextVisit, first.NextPoint, first.ExpectedAt, want.NextVisit, want.NextPoint, want.ExpectedAt)
		}
	}
}

// scored is a result as the rules give it, of an entrant of the city with bib 12 who was seen so after the gun.
func scored(r *race.Race, seen []passing.Passing, rulings ...ruling.Ruling) *result.Result {
	standing := ruling.Standing(rulings)
	ofRace := ruling.ForRace(standing, r)
	var own []ruling.Ruling
	for _, d := range standing {
		if d.Bib == "12" {
			own = append(own, d)
		}
	}
	res := result.Compute(result.Facts{
		Race: r, Entrant: &race.Entrant{ID: 7, Race: r.ID, Bib: "12"}, Passings: seen, GunAt: gun, OfRace: ofRace, Ruled: ruling.ForEntrant(own),
	})
	return &res
}

func TestWhoIsOnTheCourse(t *testing.T) {
	t.Parallel()
	on := func(kind ruling.Kind) ruling.Ruling {
		return ruling.Ruling{ID: ruling.ID(kind), Race: "city", Bib: "12", Kind: kind}
	}
	revoked := func(kind ruling.Kind) ruling.Ruling {
		return ruling.Ruling{ID: "r", Kind: ruling.Revoke, Target: string(kind)}
	}
	closed := ruling.Ruling{ID: "c", Race: "city", Kind: ruling.Close}
	legMissed := on(ruling.DNF)
	legMissed.Point = "k5"
	runner, nordic, relay, limited := city(), city(), city(), city()
	nordic.Races[0].Nordic = &race.Nordic{YellowToDSQ: 3, YellowCard: 30 * time.Second}
	relay.Races[0].Team = &race.Team{Legs: []race.Leg{{To: "k5"}, {To: "line"}}}
	limited.Races[0].OverTime, limited.Races[0].Course[4].CutOff.AfterGun = race.OverTimeDNF, 2*time.Hour

	start, atK5 := []passing.Passing{at(0, 0)}, []passing.Passing{at(0, 0), at(1, 30*minute)}
	k15Only, home := []passing.Passing{at(3, 90*minute)}, []passing.Passing{at(0, 0), at(4, 130*minute)}
	for _, c := range []struct {
		name    string
		event   *race.Event
		seen    []passing.Passing
		rulings []ruling.Ruling
		// want is the status of who is on the course; 0 is not on it.
		want result.Status
	}{
		{"seen at the start", runner, start, nil, result.Started},
		{"seen at km 15 alone", runner, k15Only, nil, result.Started},
		{"not seen yet", runner, nil, nil, 0},
		{"finished", runner, home, nil, 0},
		{"finished, and disqualified", runner, home, []ruling.Ruling{on(ruling.DSQ)}, 0},
		{"finished too late, which is DNF here", limited, home, nil, 0},

		{"disqualified runs on", runner, atK5, []ruling.Ruling{on(ruling.DSQ)}, result.DSQ},
		{"not competing runs on", runner, atK5, []ruling.Ruling{on(ruling.NotCompeting)}, result.NotCompeting},
		{"red card runs on", runner, atK5, []ruling.Ruling{on(ruling.RedCard)}, result.DSQ},
		{"third yellow card walks on", nordic, atK5, []ruling.Ruling{on(ruling.YellowCard), on(ruling.YellowCard), on(ruling.YellowCard)}, result.DSQ},
		{"leg not completed, the next one runs", relay, atK5, []ruling.Ruling{legMissed}, result.DNF},
		{"leg not completed, the team gave up", relay, atK5, []ruling.Ruling{legMissed, on(ruling.DNF)}, 0},
		{"disqualified, and not seen at all", runner, nil, []ruling.Ruling{on(ruling.DSQ)}, 0},

		{"closed: not in yet", runner, atK5, []ruling.Ruling{closed}, result.DNF},
		{"closed: disqualified, not in yet", runner, atK5, []ruling.Ruling{closed, on(ruling.DSQ)}, result.DSQ},
		{"closed: never seen", runner, nil, []ruling.Ruling{closed}, 0},
		{"closed: came in after", runner, home, []ruling.Ruling{closed}, 0},
		{"closed, and that revoked", runner, atK5, []ruling.Ruling{closed, {ID: "r", Kind: ruling.Revoke, Target: "c"}}, result.Started},

		{"gave up", runner, atK5, []ruling.Ruling{on(ruling.DNF)}, 0},
		{"gave up, then the race is closed", runner, atK5, []ruling.Ruling{on(ruling.DNF), closed}, 0},
		{"the race is closed, then found at home", runner, atK5, []ruling.Ruling{closed, on(ruling.DNF)}, 0},
		{"withdrew after the start", runner, start, []ruling.Ruling{on(ruling.Withdrawn)}, 0},
		{"did not start: the chip was on a bicycle", runner, start, []ruling.Ruling{on(ruling.DNS)}, 0},
		{"on the list of no-shows, and read at 5 km", runner, atK5, []ruling.Ruling{on(ruling.DNS)}, result.DNS},
		{"gave up, and disqualified for a short cut before", runner, atK5, []ruling.Ruling{on(ruling.DNF), on(ruling.DSQ)}, 0},
		{"it was another who gave up", runner, atK5, []ruling.Ruling{on(ruling.DNF), revoked(ruling.DNF)}, result.Started},
		{"it was another who gave up, closed", runner, atK5, []ruling.Ruling{on(ruling.DNF), closed, revoked(ruling.DNF)}, result.DNF},
	} {
		got := oncourse.Find(c.event, &c.event.Races[0], []*result.Result{scored(&c.event.Races[0], c.seen, c.rulings...)})
		var status result.Status
		if len(got) > 0 {
			status = got[0].Status
		}
		if status != c.want {
			t.Errorf("%s: got status %d, want %d (0: not on the course)", c.name, status, c.want)
		}
	}
}

func TestWhatIsSaidOfWhoIsOnTheCourse(t *testing.T) {
	t.Parallel()
	event := city()
	anna := started("12", at(0, 0), at(1, 30*minute))
	anna.Name, anna.Wave, anna.Status = "Anna", "B", result.NotCompeting
	// Two versions of the event: the course had more visits.
	gone := started("22", at(0, 0), at(9, 30*minute))
	got := oncourse.Find(event, &event.Races[0], []*result.Result{gone, anna})
	want := []oncourse.Entrant{{
		Race: "city", Bib: "12", Name: "Anna", Wave: "B", Status: result.NotCompeting,
		LastVisit: 1, LastPoint: "k5", LastAt: gun.Add(30 * minute),
		NextVisit: 3, NextPoint: "k15", ExpectedAt: gun.Add(90 * minute),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTheLongestOverdueIsFirst(t *testing.T) {
	t.Parallel()
	event := city()
	silent := func(bib race.Bib, afterGun time.Duration) *result.Result {
		r := started(bib, at(1, afterGun))
		r.GunAt = 0
		return r
	}
	got := oncourse.Find(event, &event.Races[0], []*result.Result{
		silent("7", 20*minute), silent("3", 10*minute), started("10", at(1, 40*minute)), started("9", at(1, 30*minute)),
		started("2", at(1, 40*minute)), started("1", at(0, 20*minute)),
	})
	var bibs []race.Bib
	for _, e := range got {
		bibs = append(bibs, e.Bib)
	}
	// 1 is expected after the median stretch of 40 minutes, 9 after 90, 2 and 10 after 120.
	if diff := cmp.Diff([]race.Bib{"1", "9", "2", "10", "3", "7"}, bibs); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, c := range []struct {
		now  time.Duration
		want time.Duration
	}{{89 * minute, 0}, {90 * minute, 0}, {95 * minute, 5 * minute}} {
		if overdue := got[1].Overdue(gun.Add(c.now)); overdue != c.want {
			t.Errorf("%v after the gun: overdue by %v, want %v", c.now, overdue, c.want)
		}
	}
	if overdue := got[4].Overdue(gun.Add(1000 * minute)); overdue != 0 {
		t.Errorf("without an expectation: overdue by %v, want 0", overdue)
	}
}
