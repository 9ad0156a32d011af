package ruling

import (
	"time"

	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Standing returns the rulings that stand, in their order: without those revoked, and without the revocations
// themselves. A revocation that is itself revoked never was.
func Standing(all []Ruling) []Ruling {
	revokedBy := Revocations(all)
	if revokedBy == nil {
		return all
	}
	var standing []Ruling
	for i, r := range all {
		if r.Kind != Revoke && revokedBy(i) == NotRevoked {
			standing = append(standing, r)
		}
	}
	return standing
}

// NotRevoked is in the place of the revocation of a ruling that has none.
const NotRevoked = -1

// Revocations returns what finds for a ruling, by its index, that of the revocation that undoes it, or NotRevoked; nil where
// nothing is revoked at all.
func Revocations(all []Ruling) (revokedBy func(i int) int) {
	by := map[ID][]int{}
	for i, r := range all {
		if r.Kind == Revoke && r.Target != string(r.ID) {
			by[ID(r.Target)] = append(by[ID(r.Target)], i)
		}
	}
	if len(by) == 0 {
		return nil
	}
	asked := make([]bool, len(all))
	revokedBy = func(i int) int {
		if asked[i] {
			return NotRevoked // revocations in a circle undo nothing
		}
		asked[i] = true
		defer func() { asked[i] = false }()
		for _, revocation := range by[all[i].ID] {
			if revokedBy(revocation) == NotRevoked {
				return revocation
			}
		}
		return NotRevoked
	}
	return revokedBy
}

// OfRace is what stands for a race as a whole.
type OfRace struct {
	// Guns replace those of the event.
	Guns map[race.WaveID]racetime.Instant
	// Closed turns STARTED into DNF and ENTERED into DNS.
	Closed bool
	// SheetClosed means that the judges have handed in all cards.
	SheetClosed bool
}

// ForRace returns what standing rulings decide for a race: the last gun of a wave stands.
func ForRace(standing []Ruling, r *race.Race) OfRace {
	decided := OfRace{Guns: map[race.WaveID]racetime.Instant{}}
	for _, d := range standing {
		switch {
		case d.Race != r.ID:
		case d.Kind == Close:
			decided.Closed = true
		case d.Kind == CloseSheet:
			decided.SheetClosed = true
		case d.Kind == Gun && d.Target == "":
			for _, wave := range r.Waves {
				decided.Guns[wave.ID] = d.At
			}
		case d.Kind == Gun:
			decided.Guns[race.WaveID(d.Target)] = d.At
		}
	}
	return decided
}

// GunOf returns the gun of a wave: the ruled one, else the event's; zero where there is none.
func (o OfRace) GunOf(wave *race.Wave) racetime.Instant {
	if wave == nil {
		return 0
	}
	if at, ok := o.Guns[wave.ID]; ok {
		return at
	}
	return wave.Gun
}

// FirstGun returns the earliest gun of a race; zero where none is known.
func (o OfRace) FirstGun(r *race.Race) racetime.Instant {
	var first racetime.Instant
	for i := range r.Waves {
		if gun := o.GunOf(&r.Waves[i]); gun != 0 && (first == 0 || gun < first) {
			first = gun
		}
	}
	return first
}

// OfEntrant is what stands for one bib.
type OfEntrant struct {
	// Status is the last of DSQ, DNS, WITHDRAWN, NOT_COMPETING and DNF of the whole race; empty where there is none.
	Status Kind
	// Rule is the number behind Status.
	Rule string
	// StatusBy is the ruling that decided Status.
	StatusBy ID
	// Left means that a DNS, a WITHDRAWN or a DNF of the whole race stands, also where a later ruling decides Status: the
	// entrant is not looked for on the course.
	Left bool
	// LegsNotCompleted are the points, line#2 naming a later visit, where a leg ruled not completed ends.
	LegsNotCompleted []string
	Penalty          time.Duration
	// Cards are in the order of their instants, what several judges saw counting once.
	Cards []Card
	// StartWithWave is empty where the entrant starts with its own.
	StartWithWave race.WaveID
	// Manual are passings entered by officials; of two at one point the later stands.
	Manual []At
	// Void are reads that never were: at a point, at the instant that the mat wrote.
	Void   []At
	Before []race.Bib
	// Reviews are of anomalies that officials looked at.
	Reviews []anomaly.Review
}

// At is an instant at a point, which may name a later visit as line#2.
type At struct {
	Point string
	At    racetime.Instant
}

// ForEntrant returns what standing rulings on one bib decide, in their order.
func ForEntrant(standing []Ruling) OfEntrant {
	o := OfEntrant{Cards: Cards(standing)}
	for _, d := range standing {
		switch d.Kind {
		case DNF:
			if d.Point != "" {
				o.LegsNotCompleted = append(o.LegsNotCompleted, d.Point)
				continue
			}
			o.Status, o.Rule, o.StatusBy, o.Left = d.Kind, d.Rule, d.ID, true
		case DNS, Withdrawn:
			o.Status, o.Rule, o.StatusBy, o.Left = d.Kind, d.Rule, d.ID, true
		case DSQ, NotCompeting:
			o.Status, o.Rule, o.StatusBy = d.Kind, d.Rule, d.ID
		case Penalty:
			o.Penalty += d.Duration
		case StartWithWave:
			o.StartWithWave = race.WaveID(d.Target)
		case ManualTime:
			o.Manual = append(o.Manual, At{d.Point, d.At})
		case VoidRead:
			o.Void = append(o.Void, At{d.Point, d.At})
		case RankBefore:
			o.Before = append(o.Before, race.Bib(d.Target))
		case Reviewed:
			o.Reviews = append(o.Reviews, d.Review())
		}
	}
	return o
}

// Voids reports whether a read at a point, with the instant that the mat wrote, never was.
func (o *OfEntrant) Voids(point race.PointID, written racetime.Instant) bool {
	for _, v := range o.Void {
		if v.At == written && v.Point == string(point) {
			return true
		}
	}
	return false
}
