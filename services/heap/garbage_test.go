package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercentOf(t *testing.T) {
	t.Parallel()
	const size = 500
	for kept, want := range map[uint64]int{0: 400, 1: 400, 100: 400, 125: 300, 250: 100, 333: 50, 400: 50, 500: 50, 5000: 50} {
		if got := percentOf(size, kept); got != want {
			t.Errorf("%d of %d bytes are kept: %d %%, want %d %%", kept, size, got, want)
		}
	}
}

func TestGarbageFillsAHeapThatKeepsLittle(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	FillWithGarbage(8 << 30)
	for range 100 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // What a collection is followed by runs beside the program.
		if debug.SetGCPercent(77) == mostPercent {
			return
		}
	}
	t.Error("collections change nothing")
}
