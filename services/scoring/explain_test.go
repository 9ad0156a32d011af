package scoring

import (
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/explanation"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// explained returns the facts of a day that concern one entrant.
func (d drawnDay) explained(e race.Entrant) Explained {
	facts := Explained{Event: d.event, Entrant: e}
	for i, r := range d.rulings {
		facts.Rulings = append(facts.Rulings, explanation.RecordedRuling{Ruling: r, Change: int64(i + 1)})
	}
	worn := e.AllChips()
	for i, read := range d.reads {
		if slices.Contains(worn, read.Chip) {
			facts.Reads = append(facts.Reads, explanation.Read{
				StoredRead: explanation.StoredRead{Mat: read.Mat, Seq: uint64(i), Chip: read.Chip, At: read.At},
			})
		}
	}
	return facts
}

// An explanation says what the scorer says, and leaves out no read.
func TestExplainSaysWhatTheScorerSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDay(t)
		book := NewBook()
		book.SetEvent(d.event)
		book.SetEntrants(d.entrants)
		book.AddRulings(d.rulings)
		book.AddReads(d.reads)
		book.Settle()
		for _, e := range d.entrants {
			facts := d.explained(e)
			x, ok := Explain(facts)
			if !ok {
				t.Fatalf("bib %s has no explanation", e.Bib)
			}
			if want := book.entrants[e.ID].result; !x.Result.Equal(want) {
				t.Fatalf("result of bib %s (-scored +explained):\n%s", e.Bib, gocmp.Diff(want, x.Result))
			}
			checkExplanation(t, facts, x)
		}
	})
}

func checkExplanation(t *rapid.T, facts Explained, x *explanation.Explanation) {
	if len(x.Reads) != len(facts.Reads) {
		t.Fatalf("%d of %d reads have a verdict", len(x.Reads), len(facts.Reads))
	}
	counted, ofChips := 0, 0
	for i, read := range x.Reads {
		if read.Verdict < passing.Counted || read.Verdict >= passing.UnknownChip {
			t.Fatalf("read %d has the verdict %d", i, read.Verdict)
		}
		if (read.Verdict == passing.NoPoint) != (read.Point == "") {
			t.Fatalf("read %d lay at %q and has the verdict %v", i, read.Point, read.Verdict)
		}
		if i > 0 && read.CorrectedAt < x.Reads[i-1].CorrectedAt {
			t.Fatalf("read %d is before the one before it", i)
		}
		if read.Verdict == passing.Counted {
			counted++
		}
	}
	for _, chip := range x.Chips {
		ofChips += chip.Reads
	}
	if ofChips != len(x.Reads) {
		t.Fatalf("the chips have %d reads, of %d", ofChips, len(x.Reads))
	}
	for _, p := range x.Passings {
		switch {
		case p.Ruling != "":
			i := slices.IndexFunc(x.Rulings, func(r explanation.Ruling) bool { return r.ID == p.Ruling })
			if i < 0 || x.Rulings[i].Kind != ruling.ManualTime || !x.Rulings[i].Stands || x.Rulings[i].At != p.At || p.Read != explanation.Nowhere {
				t.Fatalf("passing %+v is not what ruling %s entered", p, p.Ruling)
			}
		case p.Read < 0 || x.Reads[p.Read].CorrectedAt != p.At:
			t.Fatalf("passing %+v rests on no read", p)
		default:
			counted--
		}
	}
	if counted != 0 {
		t.Fatalf("%d reads count too many", counted)
	}
	if gun := x.Result.GunAt; x.GunRuling != "" {
		i := slices.IndexFunc(x.Rulings, func(r explanation.Ruling) bool { return r.ID == x.GunRuling })
		if i < 0 || x.Rulings[i].At != gun || !x.Rulings[i].Stands {
			t.Fatalf("gun %v is not what ruling %s says", gun, x.GunRuling)
		}
	}
}

func TestExplainTellsWhichRulingsStand(t *testing.T) {
	t.Parallel()
	r := race.New(race.Other)
	r.ID, r.LateStart = "run", time.Hour
	r.Waves = []race.Wave{{ID: "A", Gun: gunAt}, {ID: "B"}}
	r.Course = []race.Visit{{Point: "line"}, {Point: "k2", AtMillimetres: 2_000_000}}
	event := &race.Event{Points: []race.PointID{"line", "k2"}, Races: []race.Race{r}}
	on := func(id ruling.ID, kind ruling.Kind, target string) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "run", Bib: "7", Kind: kind, Target: target, At: second(1)}
	}
	of := func(id ruling.ID, kind ruling.Kind, target string) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "run", Kind: kind, Target: target, At: second(2)}
	}
	at := func(r ruling.Ruling, point string) ruling.Ruling {
		r.Point = point
		return r
	}
	type said struct {
		ID, RevokedBy ruling.ID
		Stands        bool
	}
	for _, c := range []struct {
		name    string
		rulings []ruling.Ruling
		want    []said
		gun     ruling.ID
	}{
		{"none", nil, nil, ""},
		{"a corrected gun", []ruling.Ruling{of("g1", ruling.Gun, "A"), of("g2", ruling.Gun, "")}, []said{{"g1", "", false}, {"g2", "", true}}, "g2"},
		{"another wave's gun, another race's, another bib's", []ruling.Ruling{
			of("g1", ruling.Gun, "B"), {ID: "g2", Race: "walk", Kind: ruling.Gun}, {ID: "d", Race: "run", Bib: "8", Kind: ruling.DSQ},
		}, nil, ""},
		{"starts with another wave", []ruling.Ruling{of("g1", ruling.Gun, "A"), of("g2", ruling.Gun, "B"), on("s", ruling.StartWithWave, "B")},
			[]said{{"g2", "", true}, {"s", "", true}}, "g2"},
		{"a status after another", []ruling.Ruling{on("1", ruling.DSQ, ""), on("2", ruling.DNF, ""), of("3", ruling.Close, "")},
			[]said{{"1", "", false}, {"2", "", true}, {"3", "", true}}, ""},
		{"two times at one visit", []ruling.Ruling{at(on("1", ruling.ManualTime, ""), "k2"), at(on("2", ruling.ManualTime, ""), "k2"), at(on("3", ruling.ManualTime, ""), "line")},
			[]said{{"1", "", false}, {"2", "", true}, {"3", "", true}}, ""},
		{"revoked, by a revocation that came first", []ruling.Ruling{{ID: "r", Kind: ruling.Revoke, Target: "1"}, on("1", ruling.DSQ, "")},
			[]said{{"r", "", true}, {"1", "r", false}}, ""},
		{"the revocation revoked", []ruling.Ruling{on("1", ruling.DSQ, ""), {ID: "r", Kind: ruling.Revoke, Target: "1"}, {ID: "q", Kind: ruling.Revoke, Target: "r"}, {ID: "z", Kind: ruling.Revoke, Target: "other"}},
			[]said{{"1", "", true}, {"r", "q", false}, {"q", "", true}}, ""},
		{"cards and penalties add up", []ruling.Ruling{on("1", ruling.YellowCard, ""), on("2", ruling.YellowCard, ""), on("3", ruling.Penalty, "")},
			[]said{{"1", "", true}, {"2", "", true}, {"3", "", true}}, ""},
		{"another bib is put before this one", []ruling.Ruling{{ID: "1", Race: "run", Bib: "8", Kind: ruling.RankBefore, Target: "7"}},
			[]said{{"1", "", true}}, ""},
	} {
		day := drawnDay{event: event, rulings: c.rulings}
		x, ok := Explain(day.explained(race.Entrant{ID: 1, Race: "run", Bib: "7", Wave: "A"}))
		if !ok {
			t.Fatalf("%s: no explanation", c.name)
		}
		var got []said
		for _, r := range x.Rulings {
			got = append(got, said{r.ID, r.RevokedBy, r.Stands})
		}
		if diff := gocmp.Diff(c.want, got); diff != "" || x.GunRuling != c.gun {
			t.Errorf("%s: gun of ruling %q, want %q; rulings (-want +got):\n%s", c.name, x.GunRuling, c.gun, diff)
		}
	}
}

func TestExplainReadsThatTheFinderIsNotGiven(t *testing.T) {
	t.Parallel()
	r := race.New(race.Other)
	r.ID, r.FastestPace = "ekiden", 0
	r.Waves = []race.Wave{{ID: "A", Gun: gunAt}}
	r.Course = []race.Visit{{Point: "line"}, {Point: "k2", AtMillimetres: 2_000_000}}
	r.Team = &race.Team{Size: 1, Reserves: 1, Chip: race.MemberChip, Legs: []race.Leg{{To: "k2", LengthMillimetres: 2_000_000}}}
	event := &race.Event{
		Points: []race.PointID{"line", "k2"}, Races: []race.Race{r},
		Mats: []race.Mat{{ID: "line-a", Point: "line", ClockOffset: 3 * time.Second}, {ID: "k2-a", Point: "k2", From: second(100)}},
	}
	day := drawnDay{
		event:   event,
		rulings: []ruling.Ruling{{ID: "v", Race: "ekiden", Bib: "7", Kind: ruling.VoidRead, Point: "k2", At: second(700)}},
		reads: []Read{
			{"k2-a", "1", second(700)}, {"line-a", "1", second(13)}, {"k2-a", "1", second(50)}, {"k2-a", "2", second(800)},
			{"nowhere", "2", second(900)}, {"k2-a", "1", second(950)},
		},
	}
	team := race.Entrant{ID: 1, Race: "ekiden", Bib: "7", Wave: "A",
		Members: []race.Member{{Leg: 1, Chips: []string{"01"}}, {Leg: 0, Chips: []string{"2"}}}}
	x, _ := Explain(day.explained(team))
	type said struct {
		Second  float64
		Verdict passing.Verdict
		Point   race.PointID
		Leg     int
	}
	var got []said
	for _, read := range x.Reads {
		got = append(got, said{read.CorrectedAt.Sub(gunAt).Seconds(), read.Verdict, read.Point, read.Leg})
	}
	want := []said{
		{10, passing.Counted, "line", 1}, {50, passing.NoPoint, "", 1}, {700, passing.Void, "k2", 1},
		{800, passing.NoLeg, "k2", 0}, {900, passing.NoLeg, "", 0}, {950, passing.Counted, "k2", 1},
	}
	if diff := gocmp.Diff(want, got); diff != "" || x.Result.Status != result.Finished {
		t.Errorf("status %v, reads (-want +got):\n%s", x.Result.Status, diff)
	}
	if diff := gocmp.Diff([]explanation.Chip{{Chip: "1", Leg: 1, Reads: 4}, {Chip: "2", Reads: 2}}, x.Chips); diff != "" {
		t.Errorf("chips (-want +got):\n%s", diff)
	}
}

func TestReadsOfAChipThatCountsForNobody(t *testing.T) {
	t.Parallel()
	event := &race.Event{
		Points: []race.PointID{"line"},
		Mats:   []race.Mat{{ID: "line-a", Point: "line", ClockOffset: 3 * time.Second, Until: second(100), Backup: true}},
	}
	stored := func(mat race.MatID, s int) explanation.Read {
		return explanation.Read{StoredRead: explanation.StoredRead{Mat: mat, Chip: "X", At: second(s)}, Conflict: true}
	}
	judged := func(mat race.MatID, written, corrected int, point race.PointID, backup bool, v passing.Verdict) explanation.Read {
		read := stored(mat, written)
		read.Judgement = passing.Judgement{Verdict: v, Visit: explanation.Nowhere}
		read.CorrectedAt, read.Point, read.Backup = second(corrected), point, backup
		return read
	}
	for _, c := range []struct {
		name             string
		explain          func(*race.Event, []explanation.Read) []explanation.Read
		atPoint, nowhere passing.Verdict
	}{
		{"nobody wears it", ExplainUnknown, passing.UnknownChip, passing.UnknownChip},
		{"its race is no longer in the event", ExplainWithoutRace, passing.PointNotOnCourse, passing.NoPoint},
	} {
		got := c.explain(event, []explanation.Read{stored("line-a", 150), stored("nowhere", 9), stored("line-a", 10)})
		want := []explanation.Read{
			judged("line-a", 10, 7, "line", true, c.atPoint), judged("nowhere", 9, 9, "", false, c.nowhere),
			judged("line-a", 150, 150, "", false, c.nowhere),
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
