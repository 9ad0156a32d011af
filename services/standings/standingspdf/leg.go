package standingspdf

import (
	"fmt"

	"raceday/services/standings"
)

// The layout of legs: under the name and what follows it, so many on a line that no time is cut.
const (
	legsOnLine = 6
	legPoints  = 6.5
	legsFrom   = margin + 25.0
	legWidth   = (pageWidth - margin - legsFrom) / legsOnLine
)

// linesOfLegs returns how many lines so many legs take.
func linesOfLegs(legs int) int { return (legs + legsOnLine - 1) / legsOnLine }

// legLines writes the legs of a team, as 2: 0:31:40 (4) where the second leg was the fourth fastest among the teams of the list.
func (d *document) legLines(y float64, legs []standings.OfficialLeg) {
	for n := range legs {
		x := legsFrom + float64(n%legsOnLine)*legWidth
		d.cell(x, y+float64(n/legsOnLine)*rowHeight, legWidth, rowHeight, "", legPoints, "L", legText(n+1, &legs[n]))
	}
}

func legText(number int, leg *standings.OfficialLeg) string {
	switch {
	case leg.NotCompleted:
		return fmt.Sprintf("%d: not completed", number)
	case leg.Rank > 0:
		return fmt.Sprintf("%d: %s (%d)", number, leg.Time, leg.Rank)
	case leg.Time != "":
		return fmt.Sprintf("%d: %s", number, leg.Time)
	default:
		return fmt.Sprintf("%d: –", number)
	}
}
