package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestPercentOf(t *testing.T) {
	t.Parallel()
	const size, most = 500, 400
	for kept, want := range map[uint64]int{0: most, 1: most, 100: most, 125: 300, 250: 100, 333: 50, 400: 40, 500: 40, 5000: 40} {
		if got := percentOf(size, kept, most); got != want {
			t.Errorf("%d of %d bytes are kept: %d %%, want %d %%", kept, size, got, want)
		}
	}
}

// It is not parallel: GOGC is that of the process.
func TestGarbageFillsAHeapUntilStopped(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	collected := make(chan struct{}, 1)
	defer afterEachCollection(func() {
		select {
		case collected <- struct{}{}:
		default:
		}
	})()
	collect := func() {
		runtime.GC()
		<-collected
	}
	stop := FillWithGarbage(8<<30, 400)
	if got := debug.SetGCPercent(77); got != 400 {
		t.Errorf("GOGC is %d at the beginning, want 400", got)
	}
	for debug.SetGCPercent(77) != 400 { // others may be told of a collection before
		collect()
	}
	stop()
	if got := debug.SetGCPercent(66); got != 77 {
		t.Errorf("GOGC is %d after the end, want 77", got)
	}
	collect()
	if got := debug.SetGCPercent(77); got != 66 {
		t.Errorf("a collection after the end made GOGC %d", got)
	}
}
