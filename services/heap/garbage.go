package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// leastPercent is the least GOGC: a heap that is nearly full of what is kept needs room to work as well.
const leastPercent = 40

// FillWithGarbage lets garbage gather until the heap has so many bytes, as long as it is no more than mostPercent of what is kept
// and no less than two fifths of it: to look for garbage costs time for all that is kept, and is rare while memory is plenty. A memory
// limit of the process (GOMEMLIMIT) holds all the same. It goes on until stop, after which GOGC is what it was.
func FillWithGarbage(bytes uint64, mostPercent int) (stop func()) {
	fit := func() int { return debug.SetGCPercent(percentOf(bytes, kept(), mostPercent)) }
	before := fit()
	leave := afterEachCollection(func() { fit() })
	return func() {
		leave()
		debug.SetGCPercent(before)
	}
}

// percentOf returns the GOGC with which a heap that keeps so many bytes grows to size.
func percentOf(size, kept uint64, most int) int {
	if kept >= size {
		return leastPercent
	}
	return int(max(leastPercent, min(uint64(most), (size-kept)*100/max(1, kept))))
}

// kept returns how many bytes the last collection left; 0 before the first.
func kept() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}

// afterEachCollection calls do after each collection, beside the program, until stop returns.
func afterEachCollection(do func()) (stop func()) {
	c := &collections{do: do}
	c.await()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.stopped = true
	}
}

type collections struct {
	do      func()
	mu      sync.Mutex
	stopped bool
}

// garbage is collected by the next collection. It has a pointer, for the runtime may keep what has none for longer.
type garbage struct{ *garbage }

func (c *collections) await() { runtime.AddCleanup(&garbage{}, (*collections).collected, c) }

func (c *collections) collected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.do()
	c.await()
}
