package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// leastPercent and mostPercent bound GOGC: a heap that is nearly full of what is kept has room to work as well, and one that
	// keeps little needs no more than that.
	leastPercent = 50
	mostPercent  = 400
)

// FillWithGarbage lets garbage gather until the heap has so many bytes, or half as many again as are kept, whichever is more, and
// no more than four times what is kept: to look for garbage costs time for all that is kept, and is rare while memory is
// plenty. It holds from the next collection on, for the life of the process.
func FillWithGarbage(bytes uint64) {
	afterEachCollection(func() { debug.SetGCPercent(percentOf(bytes, kept())) })
}

// percentOf returns the GOGC with which a heap that keeps so many bytes grows to size.
func percentOf(size, kept uint64) int {
	if kept >= size {
		return leastPercent
	}
	return int(max(leastPercent, min(mostPercent, (size-kept)*100/max(1, kept))))
}

// kept returns how many bytes the last collection left.
func kept() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// collected is garbage that tells of a collection.
type collected struct{ *collected }

func afterEachCollection(do func()) {
	runtime.AddCleanup(&collected{}, func(do func()) {
		do()
		afterEachCollection(do)
	}, do)
}
