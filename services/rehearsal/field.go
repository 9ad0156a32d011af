package rehearsal

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// Field is who wants to run.
type Field struct {
	Persons []Person
	Teams   []Team
}

// Person enters a race alone.
type Person struct {
	Race race.ID
	race.Person
	Tags []string
}

// Team enters a relay with its members, in the order of legs.
type Team struct {
	Race race.ID
	race.Person
	Members []race.Member
}

// nationalTag marks those who may win the national title.
const nationalTag = "national"

// shares are the parts of a hundred persons that enter each format.
var shares = map[race.Format]int{race.Marathon: 20, race.HalfMarathon: 32, race.TenKm: 38, race.NordicWalking: 10}

// NewField makes up a number of persons, spread over the event's races as shares says, and of teams for its relays. No two
// persons of a field are the same, and everyone is old enough for the race. An event without a race for persons has none,
// one without a relay no team.
func NewField(seed uint64, event *race.Event, persons, teams int) Field {
	d := draft{rng: rand.New(rand.NewPCG(seed, fieldStream)), event: event, drawn: map[drawnPerson]bool{}}
	var alone, relays []*race.Race
	for i := range event.Races {
		if r := &event.Races[i]; r.Team != nil {
			relays = append(relays, r)
		} else {
			alone = append(alone, r)
		}
	}
	var f Field
	for i, n := range divide(persons, alone) {
		for range n {
			f.Persons = append(f.Persons, d.entry(alone[i]))
		}
	}
	// Entries come in as people make up their minds, not race by race.
	d.rng.Shuffle(len(f.Persons), func(i, j int) { f.Persons[i], f.Persons[j] = f.Persons[j], f.Persons[i] })
	for i := range teams {
		if len(relays) > 0 {
			f.Teams = append(f.Teams, d.team(relays[i%len(relays)], i))
		}
	}
	return f
}

// The streams of random numbers that one seed gives.
const (
	fieldStream  = 1
	runnerStream = 2
	matStream    = 3
	strayStream  = 4
	writeStream  = 5
)

// divide spreads persons over races by their shares; the last race takes what rounding left over.
func divide(persons int, races []*race.Race) []int {
	total := 0
	for _, r := range races {
		total += share(r)
	}
	counts, left := make([]int, len(races)), persons
	for i, r := range races {
		counts[i] = persons * share(r) / total
		left -= counts[i]
	}
	if len(counts) > 0 {
		counts[len(counts)-1] += left
	}
	return counts
}

func share(r *race.Race) int {
	if s := shares[r.Format]; s > 0 {
		return s
	}
	return 10
}

// draft makes up people; drawn keeps those it has, so that nobody comes twice.
type draft struct {
	rng   *rand.Rand
	event *race.Event
	drawn map[drawnPerson]bool
}

type drawnPerson struct {
	name  string
	birth civil.Day
}

func (d *draft) entry(r *race.Race) Person {
	p := Person{Race: r.ID, Person: d.person(r)}
	if p.Country == peoples[0].country && d.rng.IntN(4) == 0 {
		p.Tags = []string{nationalTag}
	}
	return p
}

func (d *draft) person(r *race.Race) race.Person {
	for {
		from := drawPeople(d.rng)
		p := race.Person{Sex: race.Male, Country: from.country, Club: pick(d.rng, clubs)}
		if d.rng.IntN(100) < 38 {
			p.Sex = race.Female
		}
		p.Name = from.drawName(d.rng, p.Sex)
		p.BirthDay = d.birthDay(r)
		if who := (drawnPerson{p.Name, p.BirthDay}); !d.drawn[who] {
			d.drawn[who] = true
			return p
		}
	}
}

const (
	meanAge   = 36
	spreadAge = 11
	highAge   = 78
)

// birthDay makes everyone at least of the minimum age; one in two hundred reaches an age on race day itself.
func (d *draft) birthDay(r *race.Race) civil.Day {
	years := int(math.Round(meanAge + spreadAge*d.rng.NormFloat64()))
	years = min(max(years, r.MinAgeYears), highAge)
	sinceBirthday := d.rng.IntN(365)
	if d.rng.IntN(200) == 0 {
		sinceBirthday = 0
	}
	birthday := civil.Day{Year: d.event.Day.Year - years, Month: d.event.Day.Month, Day: d.event.Day.Day}
	if birthday.Month == time.February && birthday.Day == 29 {
		birthday.Day = 28
	}
	day := birthday.AddDays(-sinceBirthday)
	for !r.Age.OldEnough(day, d.event.Day, r.MinAgeYears) { // The race may count ages on another day.
		day = day.AddDays(-365)
	}
	return day
}

func (d *draft) team(r *race.Race, number int) Team {
	name := teamNames[number%len(teamNames)]
	if round := number / len(teamNames); round > 0 {
		name += " " + strconv.Itoa(round+1)
	}
	t := Team{Race: r.ID, Person: race.Person{
		Name: name, Sex: race.X, Country: peoples[0].country, Club: pick(d.rng, clubs), Category: pick(d.rng, teamCategories),
	}}
	women := 0
	for leg := range r.Team.Size {
		m := race.Member{Leg: leg + 1, Person: d.person(r)}
		for women < r.Team.MinWomen && m.Sex != race.Female {
			m.Person = d.person(r)
		}
		if m.Sex == race.Female {
			women++
		}
		t.Members = append(t.Members, m)
	}
	return t
}

// Roster returns the field as it stands when bibs and chips are given out: bibs from the ranges of the waves, in equal parts,
// and a chip each, two a team. The error names the race whose ranges hold too few bibs.
func (f Field) Roster(event *race.Event) ([]race.Entrant, error) {
	entrants := make([]race.Entrant, 0, len(f.Persons)+len(f.Teams))
	for _, p := range f.Persons {
		entrants = append(entrants, race.Entrant{Race: p.Race, Person: p.Person, Tags: p.Tags})
	}
	for _, t := range f.Teams {
		entrants = append(entrants, race.Entrant{Race: t.Race, Person: t.Person, Members: t.Members})
	}
	for i := range event.Races {
		r := &event.Races[i]
		if err := giveBibs(entrants, r); err != nil {
			return nil, err
		}
	}
	for i := range entrants {
		entrants[i].ID = race.EntrantID(i + 1)
		entrants[i].Chips = Chips(event.Race(entrants[i].Race), i+1)
	}
	return entrants, nil
}

func giveBibs(entrants []race.Entrant, r *race.Race) error {
	var mine []*race.Entrant
	for i := range entrants {
		if entrants[i].Race == r.ID {
			mine = append(mine, &entrants[i])
		}
	}
	ranges := BibRanges(r, len(mine))
	for _, e := range mine {
		for len(ranges) > 0 && ranges[0].First > ranges[0].Last {
			ranges = ranges[1:]
		}
		if len(ranges) == 0 {
			return fmt.Errorf("race %s: its waves have too few bibs for %d entrants", r.ID, len(mine))
		}
		e.Bib = ranges[0].Bib(ranges[0].First)
		ranges[0].First++
	}
	return nil
}

// BibRanges returns the ranges that give a number of entrants to the race's waves in equal parts; what does not fit goes to
// the waves behind.
func BibRanges(r *race.Race, entrants int) []race.BibRange {
	var ranges []race.BibRange
	left := entrants
	for i, wave := range r.Waves {
		part := left / (len(r.Waves) - i)
		for _, bibs := range wave.Bibs {
			n := min(part, bibs.Last-bibs.First+1)
			if i == len(r.Waves)-1 {
				n = bibs.Last - bibs.First + 1
			}
			if n > 0 {
				ranges = append(ranges, race.BibRange{Prefix: bibs.Prefix, First: bibs.First, Last: bibs.First + n - 1})
				part, left = part-n, left-n
			}
		}
	}
	return ranges
}

// Chips returns the chips of the nth entrant, from 1: one, and for a team a second, which is worn by whoever leaves in a
// forced start before the first arrives.
func Chips(r *race.Race, n int) []string {
	chip := fmt.Sprintf("AL%06d", n)
	if r.Team != nil {
		return []string{chip, chip + "B"}
	}
	return []string{chip}
}
