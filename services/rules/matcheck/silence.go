package matcheck

// MissedNeeded is how many runners a mat must have missed before it counts as silent.
const MissedNeeded = 10

// Silent reports whether a mat has stopped seeing: of the runners whom others saw since its last read, at its point or
// behind it, it missed many and at least half. Whoever passed a mat before it was last read was seen by it, so that one
// which everybody has passed is not silent.
func Silent(seenByOthers, missed int) bool {
	return missed >= MissedNeeded && 2*missed >= seenByOthers
}
