package scoring

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// relayDay is three legs of 5 km from the line over x1 and x2 back to it. The gun is at 0 s.
func relayDay(chip race.ChipHolder) *race.Event {
	r := race.New(race.Other)
	r.ID = "ekiden"
	r.DistanceMillimetres = 15_000_000
	r.Waves = []race.Wave{{ID: "A", Gun: gunAt}}
	r.Course = []race.Visit{
		{Point: "line"}, {Point: "x1", AtMillimetres: 5_000_000}, {Point: "x2", AtMillimetres: 10_000_000}, {Point: "line", AtMillimetres: 15_000_000},
	}
	r.Team = &race.Team{Size: 3, Reserves: 1, Chip: chip, Legs: []race.Leg{
		{To: "x1", LengthMillimetres: 5_000_000}, {To: "x2", LengthMillimetres: 5_000_000}, {To: "line", LengthMillimetres: 5_000_000},
	}}
	r.Classifications = []race.Classification{{ID: "overall"}, {ID: "category", By: []race.By{race.ByCategory}}}
	return &race.Event{
		ID: "day", Points: []race.PointID{"line", "x1", "x2"},
		Mats:  []race.Mat{{ID: "line-a", Point: "line"}, {ID: "x1-a", Point: "x1"}, {ID: "x2-a", Point: "x2"}},
		Races: []race.Race{r},
	}
}

// relayTeam wears the chip T, its members M1 to M3, the reserve M0.
func relayTeam() race.Entrant {
	e := race.Entrant{ID: 1, Race: "ekiden", Bib: "1", Chips: []string{"T"}, Person: race.Person{Category: "Women"}}
	for _, leg := range []int{1, 2, 3, 0} {
		e.Members = append(e.Members, race.Member{Leg: leg, Bib: race.Bib(fmt.Sprint("1-", leg)), Chips: []string{fmt.Sprint("M", leg)}})
	}
	return e
}

// seenAs returns reads written as "x1 M1 1200".
func seenAs(t interface{ Fatal(...any) }, reads ...string) []Read {
	found := make([]Read, 0, len(reads))
	for _, text := range reads {
		var point, chip string
		var seconds int
		if _, err := fmt.Sscan(text, &point, &chip, &seconds); err != nil {
			t.Fatal(err)
		}
		found = append(found, Read{Mat: race.MatID(point + "-a"), Chip: race.Chip(chip), At: second(seconds)})
	}
	return found
}

// legsOf writes status, time and legs: each with its runner, its time and the sum so far.
func legsOf(r *result.Result) string {
	seconds := func(t racetime.Optional) string {
		if !t.Known {
			return "?"
		}
		return fmt.Sprint(int(t.Time / time.Second))
	}
	text := r.Status.String() + " " + seconds(r.Time(race.Gun))
	for i := range r.Legs {
		leg := &r.Legs[i]
		runner, registered := r.Runner(leg)
		text += fmt.Sprintf(" | %s %s %s", runner.MemberBib, seconds(leg.Time), seconds(leg.Cumulative))
		if !leg.Ranked {
			text += " not ranked"
		}
		if leg.NotCompleted {
			text += " not completed"
		}
		if !registered {
			text += " for " + string(leg.MemberBib)
		}
	}
	return text
}

// The cases of RULES.md that concern relays, from reads to legs, in whatever order the facts become known.
func TestRelays(t *testing.T) {
	t.Parallel()
	onTeam := func(kind ruling.Kind, point string, at int) ruling.Ruling {
		return ruling.Ruling{Race: "ekiden", Bib: "1", Kind: kind, Point: point, At: second(at)}
	}
	byTeam := []string{"line T 2", "x1 T 1200", "x2 T 2500", "line T 3900"}
	byMembers := []string{"line M1 2", "x1 M1 1200", "x1 M2 1202", "x2 M2 2500", "x2 M3 2502", "line M3 3900"}
	without := func(reads []string, missed ...string) []string {
		return slices.DeleteFunc(slices.Clone(reads), func(read string) bool { return slices.Contains(missed, read) })
	}
	for _, c := range []struct {
		name    string
		chip    race.ChipHolder
		spoil   func(*race.Event)
		reads   []string
		rulings []ruling.Ruling
		want    string
	}{
		{name: "a team chip handed on", reads: byTeam, want: "FINISHED 3900 | 1-1 1200 1200 | 1-2 1300 2500 | 1-3 1400 3900"},
		{name: "member chips", chip: race.MemberChip, reads: byMembers, want: "FINISHED 3900 | 1-1 1200 1200 | 1-2 1300 2500 | 1-3 1400 3900"},
		{
			name: "missed exchange with a team chip: the legs around it are unknown, their sum is known", reads: without(byTeam, "x1 T 1200"),
			want: "FINISHED 3900 | 1-1 ? ? not ranked | 1-2 ? 2500 not ranked | 1-3 1400 3900",
		},
		{
			name: "missed exchange, an official enters the hand-over", reads: without(byTeam, "x1 T 1200"),
			rulings: []ruling.Ruling{onTeam(ruling.ManualTime, "x1", 1201)},
			want:    "FINISHED 3900 | 1-1 1201 1201 | 1-2 1299 2500 | 1-3 1400 3900",
		},
		{
			name: "missed arrival with member chips: the next one's departure is the hand-over", chip: race.MemberChip, reads: without(byMembers, "x1 M1 1200"),
			want: "FINISHED 3900 | 1-1 1202 1202 | 1-2 1298 2500 | 1-3 1400 3900",
		},
		{
			name: "missed exchange with member chips", chip: race.MemberChip, reads: without(byMembers, "x1 M1 1200", "x1 M2 1202"),
			want: "FINISHED 3900 | 1-1 ? ? not ranked | 1-2 ? 2500 not ranked | 1-3 1400 3900",
		},
		{
			name: "forced start: the next leg leaves before the leg ahead ends, and both count fully", reads: byTeam,
			spoil: func(e *race.Event) { e.Races[0].Team.Legs[1].ForcedStart = second(2000) },
			want:  "FINISHED 4400 | 1-1 1200 1200 | 1-2 1300 2500 | 1-3 1900 4400",
		},
		{
			name: "forced start after the hand-over changes nothing", reads: byTeam,
			spoil: func(e *race.Event) { e.Races[0].Team.Legs[1].ForcedStart = second(2501) },
			want:  "FINISHED 3900 | 1-1 1200 1200 | 1-2 1300 2500 | 1-3 1400 3900",
		},
		{
			name: "leg not completed, TEAM_DNF: the other legs keep their times and ranks", reads: byTeam,
			rulings: []ruling.Ruling{onTeam(ruling.DNF, "x2", 0)},
			want:    "DNF ? | 1-1 1200 1200 | 1-2 ? ? not ranked not completed | 1-3 1400 ?",
		},
		{
			name: "leg not completed, LATER_LEGS_REFERENCE: later legs keep their times and lose their ranks", reads: byTeam,
			spoil:   func(e *race.Event) { e.Races[0].Team.MissedLeg = race.LaterLegsReference },
			rulings: []ruling.Ruling{onTeam(ruling.DNF, "x2", 0)},
			want:    "DNF ? | 1-1 1200 1200 | 1-2 ? ? not ranked not completed | 1-3 1400 ? not ranked",
		},
		{
			name: "last two members swapped: who ran is told, and the finish of a chip that does not run the last leg is none", chip: race.MemberChip,
			reads: []string{"line M1 2", "x1 M1 1200", "x1 M3 1202", "x2 M3 2500", "x2 M2 2502", "line M2 3900"},
			want:  "STARTED ? | 1-1 1200 1200 | 1-3 1302 2502 for 1-2 | 1-2 ? ? not ranked for 1-3",
		},
		{
			name: "first two members swapped", chip: race.MemberChip,
			reads: []string{"line M2 2", "x1 M2 1200", "x1 M1 1202", "x2 M1 2500", "x2 M3 2502", "line M3 3900"},
			want:  "FINISHED 3900 | 1-2 1202 1202 for 1-1 | 1-1 1300 2502 for 1-2 | 1-3 1398 3900",
		},
		{
			name: "a reserve's chip counts on no leg", chip: race.MemberChip, reads: append(without(byMembers, "x1 M2 1202"), "x1 M0 1100", "x2 M0 2400"),
			want: "FINISHED 3900 | 1-1 1200 1200 | 1-2 1300 2500 | 1-3 1400 3900",
		},
		{
			name: "not started when the race is closed", rulings: []ruling.Ruling{{Race: "ekiden", Kind: ruling.Close}},
			want: "DNS ? | 1-1 ? ? not ranked | 1-2 ? ? not ranked | 1-3 ? ? not ranked",
		},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				event := relayDay(c.chip)
				if c.spoil != nil {
					c.spoil(event)
				}
				rulings := slices.Clone(c.rulings)
				for i := range rulings {
					rulings[i].ID = ruling.ID(fmt.Sprint(i))
				}
				reads := seenAs(t, c.reads...)
				day := drawnDay{event: event, entrants: []race.Entrant{relayTeam()}, reads: reads, rulings: rulings}
				book := NewBook()
				day.tellInAnyOrder(t, book, NewRanks(nil))
				results := book.Results()
				if len(results) != 1 {
					t.Fatalf("%d results", len(results))
				}
				if got := legsOf(&results[0]); got != c.want {
					t.Fatalf("got  %s\nwant %s", got, c.want)
				}
			})
		})
	}
}

// An official who finds that members wore each other's chips swaps them, and the flags go; one who finds that they ran in
// another order makes that the order of the entry: then the hand-overs are those of who ran.
func TestASwapThatAnOfficialSettles(t *testing.T) {
	t.Parallel()
	book := NewBook()
	book.SetEvent(relayDay(race.MemberChip))
	team := relayTeam()
	book.SetEntrants([]race.Entrant{team})
	book.AddReads(seenAs(t, "line M2 2", "x1 M2 1200", "x1 M1 1202", "x2 M1 2500", "x2 M3 2502", "line M3 3900"))
	book.Settle()
	flagged := book.Results()[0]
	if len(flagged.Anomalies) == 0 {
		t.Error("officials are not told")
	}
	team.Members = slices.Clone(team.Members)
	team.Members[0].Chips, team.Members[1].Chips = team.Members[1].Chips, team.Members[0].Chips
	book.SetEntrants([]race.Entrant{team})
	book.Settle()
	settled := book.Results()[0]
	if diff := gocmp.Diff("FINISHED 3900 | 1-1 1200 1200 | 1-2 1300 2500 | 1-3 1400 3900", legsOf(&settled)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(settled.Anomalies) > 0 {
		t.Errorf("still %v", settled.Anomalies)
	}
}

// On a ring every member may be read wherever another is: that they ran in another order is told all the same.
func TestOfficialsAreToldOfASwapOnARing(t *testing.T) {
	t.Parallel()
	event := relayDay(race.MemberChip)
	r := &event.Races[0]
	for i := range r.Course {
		r.Course[i].Point = "line"
	}
	for i := range r.Team.Legs {
		r.Team.Legs[i].To = "line"
	}
	book := NewBook()
	book.SetEvent(event)
	book.SetEntrants([]race.Entrant{relayTeam()})
	book.AddReads(seenAs(t, "line M1 2", "line M1 1200", "line M3 1202", "line M3 2500", "line M2 2502", "line M2 3900"))
	book.Settle()
	res := book.Results()[0]
	if got, want := legsOf(&res), "STARTED ? | 1-1 1200 1200 | 1-3 1302 2502 for 1-2 | 1-2 ? ? not ranked for 1-3"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	told := map[int]int{}
	for _, a := range res.Anomalies {
		if a.Kind == anomaly.OthersLeg {
			told[a.Leg] = a.Visit
		}
	}
	if diff := gocmp.Diff(map[int]int{3: 2, 2: 3}, told); diff != "" {
		t.Errorf("members on others' legs, by visit (-want +got)\n%s", diff)
	}
}
