// Package classification says which lists of a race an entrant belongs to and what they are called.
package classification

import (
	"strings"

	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// List returns the name of the list of a classification that holds an entrant: its id, and after a slash the values
// that it divides by, joined by a bar, except that sex and age run on: age/M35-39. It is empty where the entrant lacks
// the tag or a value, or is younger than the first band. [FORMATS.md, Lists]
func List(c *race.Classification, r *race.Race, e *race.Entrant, eventDay civil.Day) string {
	if c.Tag != "" && !e.HasTag(c.Tag) {
		return ""
	}
	if len(c.By) == 0 {
		return string(c.ID)
	}
	var name strings.Builder
	name.WriteString(string(c.ID))
	for i, by := range c.By {
		value := value(by, c, r, e, eventDay)
		if value == "" {
			return ""
		}
		switch {
		case i == 0:
			name.WriteByte('/')
		case !runsOn(c.By[i-1], by):
			name.WriteByte('|')
		}
		name.WriteString(value)
	}
	return name.String()
}

// AgeGroup returns the group of the race's first classification with ages, such as M35-39; empty where there is none.
func AgeGroup(r *race.Race, e *race.Entrant, eventDay civil.Day) string {
	for i := range r.Classifications {
		c := &r.Classifications[i]
		for n, by := range c.By {
			if by != race.ByAge {
				continue
			}
			group := value(by, c, r, e, eventDay)
			switch {
			case group == "":
			case n > 0 && c.By[n-1] == race.BySex:
				group = e.Sex.String() + group
			case n+1 < len(c.By) && c.By[n+1] == race.BySex:
				group += e.Sex.String()
			}
			return group
		}
	}
	return ""
}

// runsOn reports whether two neighbouring values stand without a bar between them.
func runsOn(a, b race.By) bool {
	return a == race.BySex && b == race.ByAge || a == race.ByAge && b == race.BySex
}

var separators = strings.NewReplacer("/", "_", "|", "_")

func value(by race.By, c *race.Classification, r *race.Race, e *race.Entrant, eventDay civil.Day) string {
	switch by {
	case race.BySex:
		return e.Sex.String()
	case race.ByAge:
		years, known := r.Years(e.Person, eventDay)
		if !known {
			return ""
		}
		group, _ := c.Bands.Group(years)
		return group
	case race.ByCategory:
		return separators.Replace(e.Category)
	case race.ByCountry:
		return separators.Replace(e.Country)
	default:
		return separators.Replace(e.Club)
	}
}
