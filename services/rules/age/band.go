package age

import (
	"slices"
	"strconv"
)

// Bands are the first ages of consecutive groups, in years; the last group is open.
type Bands []int

// Ascending reports whether the bands follow one another without overlap and none is negative.
func (b Bands) Ascending() bool {
	for i, first := range b {
		if first < 0 || i > 0 && first <= b[i-1] {
			return false
		}
	}
	return true
}

// Group returns the name of the group that holds an age, such as 35-39, 18-18 or 70+; false below the first band.
func (b Bands) Group(years int) (string, bool) {
	i, exact := slices.BinarySearch(b, years)
	if !exact {
		i--
	}
	if i < 0 {
		return "", false
	}
	first := strconv.Itoa(b[i])
	if i == len(b)-1 {
		return first + "+", true
	}
	return first + "-" + strconv.Itoa(b[i+1]-1), true
}
