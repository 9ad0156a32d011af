package race

import (
	"cmp"
	"slices"
	"strings"

	"raceday/services/rules/age"
	"raceday/services/rules/civil"
)

// race checks one race.
func (c *check) race(at string, r *Race) {
	c.text(at+".name", r.Name)
	c.distance(at+".distance_metres", r)
	c.ages(at, r)
	if r.Capacity < 0 {
		c.fault(at+".capacity", "%d is negative", r.Capacity)
	}
	c.registration(at+".registration", r)
	c.fees(at+".fees", r.Fees)
	c.waves(at+".waves", r.Waves)
	c.course(at+".course", r)
	c.duration(at+".late_start", r.LateStart)
	c.duration(at+".fastest_pace", r.FastestPace)
	c.duration(at+".crossing_gap", r.CrossingGap)
	if r.Rounding == 0 {
		c.fault(at+".rounding", "is not above zero")
	}
	c.duration(at+".rounding", r.Rounding)
	c.duration(at+".protest_time", r.ProtestTime)
	c.ageRule(at+".age", r)
	c.classifications(at+".classifications", r.Classifications)
	c.awards(at+".awards", r)
	c.relay(at, r)
	c.nordic(at+".nordic", r)
	c.documents(at+".documents", r.Documents)
	if r.RecordCourse != "" {
		ids[CourseID]{}.check(c, at+".record_course", r.RecordCourse) // several races may share one
	}
}

func (c *check) distance(path string, r *Race) {
	want := r.Format.Rules().DistanceMillimetres
	switch {
	case want == 0 && r.DistanceMillimetres == 0:
		c.fault(path, "is missing")
	case r.DistanceMillimetres < 0:
		c.fault(path, "%s is negative", metres(r.DistanceMillimetres))
	case want != 0 && r.DistanceMillimetres != want:
		c.fault(path, "%s is not the format's %s", metres(r.DistanceMillimetres), metres(want))
	}
}

func (c *check) ages(at string, r *Race) {
	floor := r.Format.Rules().MinAgeYears
	switch {
	case r.MinAgeYears < 0:
		c.fault(at+".min_age", "%d is negative", r.MinAgeYears)
	case r.MinAgeYears < floor:
		c.fault(at+".min_age", "%d is below the format's %d", r.MinAgeYears, floor)
	}
	switch {
	case r.MaxAgeYears < 0:
		c.fault(at+".max_age", "%d is negative", r.MaxAgeYears)
	case r.MaxAgeYears != 0 && r.MaxAgeYears < r.MinAgeYears:
		c.fault(at+".max_age", "%d is below the min_age of %d", r.MaxAgeYears, r.MinAgeYears)
	}
}

// ageRule checks the reference day. BORN_BEFORE replaces the minimum age, so its date must respect the format's.
func (c *check) ageRule(at string, r *Race) {
	before := r.Age.Before
	switch {
	case r.Age.On != age.BornBefore && !before.IsZero():
		c.fault(at+".date", "stands with BORN_BEFORE only")
	case r.Age.On == age.BornBefore && before.IsZero():
		c.fault(at+".date", "is missing, and BORN_BEFORE needs it")
	case r.Age.On == age.BornBefore && !c.event.Day.IsZero():
		floor := r.Format.Rules().MinAgeYears
		if youngest := youngestBornBefore(before, c.event.Day, r.Age.LeapDay); youngest < floor {
			c.fault(at+".date", "admits an age of %d, below the format's %d", youngest, floor)
		}
	}
}

func youngestBornBefore(before, eventDay civil.Day, leapDay age.LeapDay) int {
	return age.Years(before.AddDays(-1), eventDay, leapDay)
}

// waves checks the waves of a race. Several without ranges are in order: the roster then names them.
func (c *check) waves(at string, waves []Wave) {
	if len(waves) == 0 {
		c.fault(at, "there is none")
	}
	taken := ids[WaveID]{}
	var ranges []placedRange
	for i, wave := range waves {
		path := index(at, i)
		taken.check(c, path+".id", wave.ID)
		for j, bibs := range wave.Bibs {
			ranges = append(ranges, placedRange{bibs, index(path+".bibs", j)})
		}
		if wave.MaxEntrants < 0 {
			c.fault(path+".max_entrants", "%d is negative", wave.MaxEntrants)
		}
	}
	c.ranges(ranges)
}

// placedRange is a range of bibs and its path.
type placedRange struct {
	BibRange
	path string
}

// ranges checks that no two ranges share a bib. It sorts them, so that a file of very many costs no more than that.
func (c *check) ranges(ranges []placedRange) {
	slices.SortStableFunc(ranges, func(a, b placedRange) int {
		return cmp.Or(cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.First, b.First))
	})
	for i := 1; i < len(ranges); i++ {
		before, r := ranges[i-1], &ranges[i]
		if !r.Overlaps(before.BibRange) {
			continue
		}
		c.fault(r.path, "%s overlaps %s", r.BibRange, before.BibRange)
		if before.Last > r.Last { // What the wider one holds is still to be compared.
			r.BibRange = before.BibRange
		}
	}
}

func (c *check) classifications(at string, list []Classification) {
	taken := ids[ClassificationID]{}
	for i := range list {
		path := index(at, i)
		taken.check(c, path+".id", list[i].ID)
		c.text(path+".tag", list[i].Tag)
		if strings.ContainsAny(list[i].Tag, " \t") {
			c.fault(path+".tag", "holds a blank, which separates tags in a roster")
		}
		c.groups(path, &list[i])
	}
}

// groups checks by and bands, which need each other.
func (c *check) groups(at string, list *Classification) {
	seen := map[By]bool{}
	for i, by := range list.By {
		if seen[by] {
			c.fault(index(at+".by", i), "stands twice")
		}
		seen[by] = true
	}
	switch {
	case seen[ByAge] && len(list.Bands) == 0:
		c.fault(at+".bands", "there is none, and AGE needs them")
	case !seen[ByAge] && len(list.Bands) > 0:
		c.fault(at+".bands", "stand with AGE only")
	}
	for i, first := range list.Bands {
		switch {
		case first < 0:
			c.fault(index(at+".bands", i), "%d is negative", first)
		case i > 0 && first <= list.Bands[i-1]:
			c.fault(index(at+".bands", i), "%d is not above %d", first, list.Bands[i-1])
		}
	}
}

func (c *check) awards(at string, r *Race) {
	known := map[ClassificationID]bool{}
	for i := range r.Classifications {
		known[r.Classifications[i].ID] = true
	}
	for i, award := range r.Awards {
		path := index(at, i)
		switch {
		case award.Classification == "":
			c.fault(path+".classification", "is missing")
		case !known[award.Classification]:
			c.fault(path+".classification", "%q is no classification of the race", award.Classification)
		}
		if award.Ranks < 1 {
			c.fault(path+".ranks", "%d is below 1", award.Ranks)
		}
		if award.MinimumFinishers < 0 {
			c.fault(path+".minimum_finishers", "%d is negative", award.MinimumFinishers)
		}
	}
}

func (c *check) nordic(at string, r *Race) {
	switch {
	case r.Nordic == nil && r.Format == NordicWalking:
		c.fault(at, "is missing")
	case r.Nordic == nil:
	case r.Format != NordicWalking && r.Format != Other:
		c.fault(at, "stands with NORDIC_WALKING and OTHER only")
	default:
		c.duration(at+".yellow_card", r.Nordic.YellowCard)
		if r.Nordic.YellowToDSQ < 1 {
			c.fault(at+".yellow_to_dsq", "%d is below 1", r.Nordic.YellowToDSQ)
		}
	}
}
