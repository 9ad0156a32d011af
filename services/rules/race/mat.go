package race

import "raceday/services/rules/racetime"

// MatAt returns what the event says of a mat at an instant as the mat wrote it; nil where it lay at no point then.
func (e *Event) MatAt(id MatID, written racetime.Instant) *Mat {
	for i := range e.Mats {
		if mat := &e.Mats[i]; mat.ID == id && mat.Holds(written) {
			return mat
		}
	}
	return nil
}
