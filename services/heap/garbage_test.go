package heap

import "testing"

func TestPercentOf(t *testing.T) {
	t.Parallel()
	const size = 500
	for kept, want := range map[uint64]int{0: 400, 1: 400, 100: 400, 125: 300, 250: 100, 333: 50, 400: 50, 500: 50, 5000: 50} {
		if got := percentOf(size, kept); got != want {
			t.Errorf("%d of %d bytes are kept: %d %%, want %d %%", kept, size, got, want)
		}
	}
}
