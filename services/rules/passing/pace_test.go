package passing

import (
	"testing"
	"time"

	"raceday/services/rules/race"
)

// The fastest time over two stretches, 66.733600 s and a fraction of a microsecond, is rounded up once: exact times decide.
func TestThePaceOverSeveralStretchesIsRoundedOnce(t *testing.T) {
	t.Parallel()
	r := race.New(race.Other)
	r.FastestPace = 33_366_700 * time.Microsecond
	r.Course = []race.Visit{{Point: "line"}, {Point: "a", AtMillimetres: 1_000_003}, {Point: "b", AtMillimetres: 2_000_006}}
	event := &race.Event{Points: []race.PointID{"line", "a", "b"}}
	for _, c := range []struct {
		after   time.Duration
		counted bool
	}{{66_733_600 * time.Microsecond, false}, {66_733_601 * time.Microsecond, true}} {
		at := sec(gun).Add(c.after)
		found := NewFinder(event, &r).Find(nil, []Read{{At: at, Point: 2}}, sec(gun), nil)
		if counted := len(found) == 1 && found[0].At == at; counted != c.counted {
			t.Errorf("after %v: found %v, want counted %t", c.after, found, c.counted)
		}
	}
}
