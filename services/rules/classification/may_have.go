package classification

import (
	"strings"

	"raceday/services/rules/race"
)

// MayHave reports whether a classification can have a list of this name: sexes and age groups must be such as there are,
// other values are as entered.
func MayHave(c *race.Classification, name string) bool {
	rest, divided := strings.CutPrefix(name, string(c.ID)+"/")
	if len(c.By) == 0 {
		return name == string(c.ID)
	}
	return divided && mayRead(c, c.By, rest)
}

// mayRead reports whether text can be the values of these properties, one after another.
func mayRead(c *race.Classification, by []race.By, text string) bool {
	if len(by) == 0 {
		return text == ""
	}
	separator := ""
	if len(by) > 1 && !runsOn(by[0], by[1]) {
		separator = "|"
	}
	for _, value := range values(c, by[0], text) {
		rest, ok := strings.CutPrefix(text, value+separator)
		if ok && value != "" && mayRead(c, by[1:], rest) {
			return true
		}
	}
	return false
}

// values returns the values that a text may begin with.
func values(c *race.Classification, by race.By, text string) []string {
	switch by {
	case race.BySex:
		return []string{race.Female.String(), race.Male.String(), race.X.String()}
	case race.ByAge:
		var groups []string
		for _, first := range c.Bands {
			group, _ := c.Bands.Group(first)
			groups = append(groups, group)
		}
		return groups
	default:
		value, _, _ := strings.Cut(text, "|")
		return []string{value}
	}
}
