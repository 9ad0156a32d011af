package race

import "strings"

// team checks what a relay asks of its teams.
func (c *check) team(at string, r *Race) {
	team, want := r.Team, r.Format.Rules().TeamSize
	switch {
	case team.Size < 1:
		c.fault(at+".size", "%d is below 1", team.Size)
	case want != 0 && team.Size != want:
		c.fault(at+".size", "%d is not the format's %d", team.Size, want)
	}
	if team.Reserves < 0 {
		c.fault(at+".reserves", "%d is negative", team.Reserves)
	}
	c.regulars(at+".min_women", team.MinWomen, team.Size)
	c.categories(at+".categories", team)
	if opensAt := r.Registration.OpensAt; team.CompleteUntil != 0 && opensAt != 0 && team.CompleteUntil < opensAt {
		c.fault(at+".complete_until", "is before the registration's opens_at")
	}
}

// regulars checks a number of a team's regulars and reports whether a team of that size can have it.
func (c *check) regulars(path string, n, size int) bool {
	switch {
	case n < 0:
		c.fault(path, "%d is negative", n)
	case n > max(size, 0):
		c.fault(path, "%d is more than the team's size of %d", n, size)
	default:
		return true
	}
	return false
}

// categories checks that every category has a name of its own and can be filled under the rules of the race.
func (c *check) categories(at string, team *Team) {
	taken := map[string]bool{}
	for i, category := range team.Categories {
		path := index(at, i)
		switch {
		case strings.TrimSpace(category.Name) == "":
			c.fault(path+".name", "is missing")
		case strings.TrimSpace(category.Name) != category.Name:
			c.fault(path+".name", "begins or ends with a blank, which entries lose")
		case taken[category.Name]:
			c.fault(path+".name", "%q is taken", category.Name)
		}
		taken[category.Name] = true
		c.text(path+".name", category.Name)
		women := max(team.MinWomen, category.MinWomen)
		possible := c.regulars(path+".min_women", category.MinWomen, team.Size)
		possible = c.regulars(path+".min_men", category.MinMen, team.Size) && possible && women <= team.Size
		if possible && women+category.MinMen > team.Size {
			c.fault(path+".min_men", "%d beside %d women are more than the team's size of %d",
				category.MinMen, women, team.Size)
		}
	}
}
