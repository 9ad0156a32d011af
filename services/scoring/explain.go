package scoring

import (
	"cmp"
	"slices"

	"raceday/services/rules/explanation"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
)

// Explained are the facts of one event that the explanation of one entrant follows from.
type Explained struct {
	Event   *race.Event
	Entrant race.Entrant
	// Rulings are all of the event, in the order of recording.
	Rulings []explanation.RecordedRuling
	// Reads are all of the entrant's chips; their verdicts are not known yet.
	Reads []explanation.Read
}

// Explain computes the entrant as a Book does, and says why. It is false where the event no longer has the entrant's race.
func Explain(facts Explained) (*explanation.Explanation, bool) {
	book := NewBook()
	book.SetEvent(facts.Event)
	book.SetEntrants([]race.Entrant{facts.Entrant})
	rulings := make([]ruling.Ruling, len(facts.Rulings))
	for i := range facts.Rulings {
		rulings[i] = facts.Rulings[i].Ruling
	}
	book.AddRulings(rulings)
	for i := range facts.Reads {
		read := &facts.Reads[i]
		book.AddRead(Read{Mat: read.Mat, Chip: read.Chip, At: read.At})
	}
	x := explainer{
		Explained: facts, book: book, entrant: book.entrants[facts.Entrant.ID], race: facts.Event.Race(facts.Entrant.Race),
	}
	if x.race == nil {
		return nil, false
	}
	x.decided = book.computer.decided(x.entrant, x.race)
	res := book.computer.compute(x.entrant, x.race)
	reads := x.judge()
	by := x.rulingsBy()
	explained := &explanation.Explanation{
		Race: x.race, Result: res, Chips: x.chips(), GunRuling: by.gun, Reads: reads,
		Rulings: x.rulings(rulings, by),
	}
	if len(x.race.Classifications) > 0 {
		explained.Ranked = res.Time(x.race.Classifications[0].Basis)
	} else {
		explained.Ranked = res.Time(race.Gun)
	}
	for _, p := range res.Passings {
		read := slices.IndexFunc(reads, func(r explanation.Read) bool {
			return r.Verdict == passing.Counted && r.Visit == p.Visit
		})
		passed := explanation.Passing{Passing: p, Read: read}
		if read == explanation.Nowhere {
			passed.Ruling = by.manual[p.Visit]
		}
		explained.Passings = append(explained.Passings, passed)
	}
	return explained, true
}

// ExplainUnknown says what became of the reads of a chip that nobody wears, and returns them in order.
func ExplainUnknown(event *race.Event, reads []explanation.Read) []explanation.Read {
	return explainAll(event, reads, func(*race.Mat) passing.Verdict { return passing.UnknownChip })
}

// ExplainWithoutRace says what became of the reads of a chip whose wearer's race is no longer in the event, and returns them
// in order: such a race comes by no point.
func ExplainWithoutRace(event *race.Event, reads []explanation.Read) []explanation.Read {
	return explainAll(event, reads, func(lay *race.Mat) passing.Verdict {
		if lay == nil {
			return passing.NoPoint
		}
		return passing.PointNotOnCourse
	})
}

// explainAll gives reads that count for no result their verdicts, by the mat as it lay, nil where it lay at no point.
func explainAll(event *race.Event, reads []explanation.Read, verdict func(lay *race.Mat) passing.Verdict) []explanation.Read {
	reads = slices.Clone(reads)
	for i := range reads {
		read := &reads[i]
		lay := event.MatAt(read.Mat, read.At)
		read.Judgement = passing.Judgement{Verdict: verdict(lay), Visit: explanation.Nowhere}
		read.CorrectedAt = read.At
		if lay != nil {
			read.Point, read.Backup, read.CorrectedAt = lay.Point, lay.Backup, read.At.Add(-lay.ClockOffset)
		}
	}
	slices.SortFunc(reads, func(a, b explanation.Read) int { return compareExplained(&a, &b) })
	return reads
}

// explainer is the work on one explanation.
type explainer struct {
	Explained
	book    *Book
	entrant *entrant
	race    *race.Race
	decided decided
}

// judge returns the reads with their verdicts, in order.
func (x *explainer) judge() []explanation.Read {
	reads := slices.Clone(x.Reads)
	given := make([]passing.Read, len(reads))
	for i := range reads {
		given[i] = x.place(&reads[i])
	}
	order := make([]int, len(reads))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return compareExplained(&reads[a], &reads[b]) })
	sorted := make([]explanation.Read, len(reads))
	var judged []passing.Read
	var at []int // of what is judged, the index in sorted
	for to, from := range order {
		sorted[to] = reads[from]
		if sorted[to].Verdict == 0 {
			judged, at = append(judged, given[from]), append(at, to)
		}
	}
	_, judgements := x.book.computer.finders[x.race.ID].Judge(judged, x.decided.gun, x.decided.manual)
	for i, judgement := range judgements {
		sorted[at[i]].Judgement = judgement
	}
	return sorted
}

// place says of a read where it was and whose, and returns it as the finder is given it; what the finder is not given has
// its verdict.
func (x *explainer) place(read *explanation.Read) passing.Read {
	worn := x.book.chip(read.Chip)
	read.Visit, read.Leg = explanation.Nowhere, max(int(worn.leg), 0)
	leg, runs := worn.legIn(x.race)
	given, lay, out := x.book.place(sighting{read.At, x.book.mat(read.Mat)}, leg, &x.decided.ruled)
	read.CorrectedAt = read.At
	if lay != nil {
		read.Point, read.Backup, read.CorrectedAt = lay.Point, lay.Backup, read.At.Add(-lay.ClockOffset)
	}
	read.Verdict = out
	if !runs {
		read.Verdict = passing.NoLeg
	}
	return given
}

func compareExplained(a, b *explanation.Read) int {
	return cmp.Or(cmp.Compare(a.CorrectedAt, b.CorrectedAt), cmp.Compare(a.ArrivedAt, b.ArrivedAt), cmp.Compare(a.Mat, b.Mat),
		cmp.Compare(a.Boot, b.Boot), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Chip, b.Chip), cmp.Compare(a.At, b.At))
}

func (x *explainer) chips() []explanation.Chip {
	var chips []explanation.Chip
	for _, code := range x.Entrant.AllChips() {
		chip := explanation.Chip{Chip: code, Leg: max(int(x.book.chip(code).leg), 0)}
		for i := range x.Reads {
			if x.Reads[i].Chip == code {
				chip.Reads++
			}
		}
		chips = append(chips, chip)
	}
	return chips
}

// rulingsBy are the rulings of which only one can stand.
type rulingsBy struct {
	gun, status, startWithWave ruling.ID
	// manual are by visit.
	manual map[int]ruling.ID
}

// rulingsBy finds which they are, by the order in which the rules go through those that stand: the last of a kind.
func (x *explainer) rulingsBy() rulingsBy {
	by := rulingsBy{status: x.decided.ruled.StatusBy, manual: map[int]ruling.ID{}}
	for _, r := range ruling.Standing(x.book.rulings) {
		switch {
		case r.Race != x.race.ID:
		case r.Kind == ruling.Gun && x.ofWave(&r):
			by.gun = r.ID
		case r.Bib != x.Entrant.Bib:
		case r.Kind == ruling.StartWithWave:
			by.startWithWave = r.ID
		case r.Kind == ruling.ManualTime:
			if visit, ok := x.race.VisitAt(r.Point); ok {
				by.manual[visit] = r.ID
			}
		}
	}
	return by
}

// wave returns the wave that the entrant is counted from; nil where there is none.
func (x *explainer) wave() *race.Wave {
	if with := x.decided.ruled.StartWithWave; with != "" {
		return x.race.Wave(with)
	}
	return x.race.WaveOf(x.Entrant.Wave, x.Entrant.Bib)
}

// ofWave reports whether a gun is that of the wave that the entrant is counted from.
func (x *explainer) ofWave(gun *ruling.Ruling) bool {
	wave := x.wave()
	return wave != nil && (gun.Target == "" || gun.Target == string(wave.ID))
}

// stands reports whether a ruling that is not revoked has no later one in its place.
func (x *explainer) stands(r *ruling.Ruling, by rulingsBy) bool {
	switch r.Kind {
	case ruling.Gun:
		return r.ID == by.gun
	case ruling.StartWithWave:
		return r.ID == by.startWithWave
	case ruling.DSQ, ruling.DNS, ruling.Withdrawn, ruling.NotCompeting:
		return r.ID == by.status
	case ruling.DNF:
		return r.Point != "" || r.ID == by.status
	case ruling.ManualTime:
		visit, ok := x.race.VisitAt(r.Point)
		return !ok || r.ID == by.manual[visit]
	}
	return true
}

// rulings returns those that concern the entrant, and the revocations of these.
func (x *explainer) rulings(all []ruling.Ruling, by rulingsBy) []explanation.Ruling {
	revokedBy := ruling.Revocations(all)
	concerns := make(map[ruling.ID]bool, len(all))
	for i := range all {
		concerns[all[i].ID] = x.concerns(&all[i])
	}
	for again := true; again; { // a revocation may stand before what it revokes
		again = false
		for i := range all {
			if r := &all[i]; r.Kind == ruling.Revoke && !concerns[r.ID] && concerns[ruling.ID(r.Target)] {
				concerns[r.ID], again = true, true
			}
		}
	}
	var rulings []explanation.Ruling
	for i := range all {
		if !concerns[all[i].ID] {
			continue
		}
		r := explanation.Ruling{RecordedRuling: x.Rulings[i]}
		revocation := ruling.NotRevoked
		if revokedBy != nil {
			revocation = revokedBy(i)
		}
		if revocation == ruling.NotRevoked {
			r.Stands = x.stands(&all[i], by)
		} else {
			r.RevokedBy = all[revocation].ID
		}
		rulings = append(rulings, r)
	}
	return rulings
}

// concerns reports whether a ruling is on the entrant, or on all of its race, or puts another one directly before it.
func (x *explainer) concerns(r *ruling.Ruling) bool {
	switch {
	case r.Race != x.race.ID || r.Kind == ruling.Revoke:
		return false
	case r.Kind == ruling.Gun:
		return x.ofWave(r)
	case r.Kind == ruling.RankBefore && r.Target == string(x.Entrant.Bib):
		return true
	}
	return r.Kind == ruling.Close || r.Bib == x.Entrant.Bib
}
