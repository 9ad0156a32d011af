package registration

import (
	"slices"

	"raceday/services/rules/race"
)

// fill copies into an entrant the columns that the file has.
func (x rosterIndex) fill(e, line *race.Entrant) {
	x.fillPerson(&e.Person, line.Person)
	if x.chips >= 0 {
		e.Chips = line.Chips
	}
	if x.wave >= 0 {
		e.Wave = line.Wave
	}
	if x.tags >= 0 {
		e.Tags = line.Tags
	}
	if len(line.Members) == 0 {
		return
	}
	members := slices.Clone(line.Members)
	for i := range members {
		if before := x.earlier(e.Members, &members[i]); before != nil {
			members[i] = x.filledMember(*before, &members[i])
		}
	}
	sortByLeg(members)
	e.Members = members
}

func (x rosterIndex) fillPerson(p *race.Person, line race.Person) {
	if x.name >= 0 {
		p.Name = line.Name
	}
	if x.sex >= 0 {
		p.Sex = line.Sex
	}
	if x.birthDate >= 0 {
		p.BirthDay = line.BirthDay
	}
	if x.age >= 0 {
		p.AgeYears = line.AgeYears
	}
	if x.country >= 0 {
		p.Country = line.Country
	}
	if x.club >= 0 {
		p.Club = line.Club
	}
	if x.category >= 0 {
		p.Category = line.Category
	}
	if x.nameShown >= 0 {
		p.NameShown = line.NameShown
	}
	knowOneAge(p)
}

// earlier returns the member that a member's line means: with its bib, else on its leg, but nobody of another name.
func (x rosterIndex) earlier(members []race.Member, line *race.Member) *race.Member {
	i := -1
	if line.Bib != "" {
		i = slices.IndexFunc(members, func(m race.Member) bool { return m.Bib == line.Bib })
	}
	if i < 0 && line.Leg > 0 {
		i = slices.IndexFunc(members, func(m race.Member) bool { return m.Leg == line.Leg })
	}
	if i < 0 && x.name >= 0 && line.Leg == 0 {
		i = slices.IndexFunc(members, func(m race.Member) bool { return m.Leg == 0 && m.Name == line.Name })
	}
	if i < 0 || x.name >= 0 && members[i].Name != line.Name {
		return nil
	}
	return &members[i]
}

func (x rosterIndex) filledMember(m race.Member, line *race.Member) race.Member {
	x.fillPerson(&m.Person, line.Person)
	m.Bib = line.Bib
	if x.chips >= 0 {
		m.Chips = line.Chips
	}
	if x.leg >= 0 {
		m.Leg = line.Leg
	}
	return m
}
