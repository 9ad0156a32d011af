package matcheck

import (
	"time"

	"raceday/services/rules/racetime"
)

const (
	// Patience is how long after it should have passed a runner is waited for at the least.
	Patience = 2 * time.Minute
	// Look is how far back it is asked who should have passed: reads of another day say nothing of a mat today.
	Look = time.Hour
	// OverdueNeeded is how many runners must be overdue at a mat before it counts as silent, and OverdueShare of how many
	// who should have passed in the last hour one must be.
	OverdueNeeded = 10
	OverdueShare  = 10
	// walkTime per kilometre is taken where nobody knows how fast somebody is: five kilometres an hour.
	walkTime = 12 * time.Minute
	// longestTime bounds what a pace is taken from and what is waited for.
	longestTime = 7 * 24 * time.Hour
)

// AtPace returns the time that a stretch takes whoever went another one, covered, in some time; false where that says
// nothing. Lengths are in millimetres.
func AtPace(elapsed time.Duration, covered, ahead int64) (time.Duration, bool) {
	if elapsed <= 0 || elapsed > longestTime || covered <= 0 || ahead <= 0 || ahead > maxMillimetres {
		return 0, false
	}
	// A millisecond is exact enough, and the product fits.
	takes := time.Duration(elapsed.Milliseconds()*ahead/covered) * time.Millisecond
	return takes, takes <= longestTime
}

// maxMillimetres is ten thousand kilometres.
const maxMillimetres = 10_000_000_000

// AtWalk returns the time that a stretch takes a walker; false where it has no length.
func AtWalk(ahead int64) (time.Duration, bool) {
	return AtPace(walkTime, 1_000_000, ahead)
}

// Watch judges a mat by those whom mats at earlier points saw, at one instant. The rule: since the mat's last read, ten
// runners or more should have passed by their own pace, are late by a quarter of the time that they had from where they were
// last seen, and by two minutes at the least, and were seen by no mat of the point; and they are a tenth or more of all who
// passed or should have in the last hour. A field that ends does not raise it: behind the last one who came, a tenth of
// those of the last hour would have to give up.
type Watch struct {
	now, heardUntil racetime.Instant
	due, overdue    int
	next            racetime.Instant
}

// NewWatch returns a watch of a mat that was last read at an instant, zero being never.
func NewWatch(now, heardUntil racetime.Instant) Watch {
	return Watch{now: now, heardUntil: heardUntil}
}

// Pass counts a runner who passed the mat's point.
func (w *Watch) Pass(at racetime.Instant) {
	if at <= w.now && at > w.now.Add(-Look) {
		w.due++
	}
}

// Await counts a runner who was last seen before the mat and not yet at it, and takes so long from there.
func (w *Watch) Await(seenAt racetime.Instant, takes time.Duration) {
	expectedAt := seenAt.Add(takes)
	lateAt := expectedAt.Add(max(takes/4, Patience))
	switch {
	case expectedAt <= w.now.Add(-Look):
	case lateAt > w.now:
		if expectedAt > w.heardUntil && (w.next == 0 || lateAt < w.next) {
			w.next = lateAt
		}
	default:
		w.due++
		if expectedAt > w.heardUntil {
			w.overdue++
			if gone := expectedAt.Add(Look); w.next == 0 || gone < w.next {
				w.next = gone
			}
		}
	}
}

// Overdue returns how many runners should have passed since the mat's last read.
func (w *Watch) Overdue() int { return w.overdue }

// Silent reports whether so many are overdue that the mat must have stopped seeing.
func (w *Watch) Silent() bool { return w.overdue >= OverdueNeeded && w.overdue*OverdueShare >= w.due }

// Next returns the next instant at which Overdue changes if nobody is read; zero where it does not.
func (w *Watch) Next() racetime.Instant { return w.next }
