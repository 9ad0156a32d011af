package heap_test

import (
	"runtime"
	"testing"

	"raceday/services/heap"
)

// It is not parallel: the heap is that of the process.
func TestWhatIsBackedByLargePagesIsFree(t *testing.T) {
	const bytes = 64 << 20
	heap.UseLargePages(bytes)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc >= bytes {
		t.Errorf("%d bytes are in use, as if what was advised were kept", memory.HeapAlloc)
	}
}
