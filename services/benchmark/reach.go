package benchmark

import (
	"fmt"
	"strconv"
)

// Figures are what a bench finds.
type Figures interface {
	// String shows them on one line.
	fmt.Stringer
	// Reaches returns what of them is to be met with the sizes that a bench has by itself.
	Reaches() []Reach
}

// Reach is what a figure is to come to, and whether it does.
type Reach struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Bound Bound   `json:"bound"`
	Limit float64 `json:"limit"`
	Met   bool    `json:"met"`
}

// Bound is the side of a limit on which a figure is to be.
type Bound string

// The bounds; a figure that equals its limit meets it.
const (
	AtMost  Bound = "at most"
	AtLeast Bound = "at least"
)

func atMost(name string, value, limit float64) Reach {
	return Reach{name, value, AtMost, limit, value <= limit}
}

func atLeast(name string, value, limit float64) Reach {
	return Reach{name, value, AtLeast, limit, value >= limit}
}

// String shows the reach on one line.
func (r Reach) String() string {
	met := "missed"
	if r.Met {
		met = "met"
	}
	return fmt.Sprintf("%s: %s %s, %s %s", met, r.Name, short(r.Value), r.Bound, short(r.Limit))
}

// short writes no more digits than tell anything.
func short(value float64) string {
	if value >= 100 {
		return strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}
