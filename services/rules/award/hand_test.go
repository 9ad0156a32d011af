package award

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/race"
)

func given(list string, place int, entrant race.EntrantID) HandOver {
	return HandOver{List: list, Place: place, Entrant: entrant}
}

func back(h HandOver) HandOver { h.Back = true; return h }

func TestHands(t *testing.T) {
	t.Parallel()
	first, second, age := given("overall", 1, 1), given("overall", 2, 2), given("age/M35-39", 1, 1)
	won := func(handed ...HandOver) []Prize {
		var prizes []Prize
		for _, h := range handed {
			prizes = append(prizes, Prize{List: h.List, Place: h.Place, Entrant: h.Entrant})
		}
		return prizes
	}
	for _, c := range []struct {
		name        string
		done        []HandOver
		standing    []Prize
		held, wrong []HandOver
	}{
		{"nothing was handed over", nil, won(first), nil, nil},
		{"who won it holds it", []HandOver{first, second}, won(first, second), []HandOver{first, second}, nil},
		{"winner disqualified after the podium", []HandOver{first, second}, won(given("overall", 1, 2)), []HandOver{first, second}, []HandOver{first, second}},
		{"taken back", []HandOver{first, second, back(first)}, won(second), []HandOver{second}, nil},
		{"taken back and handed over again", []HandOver{first, back(first), first}, won(first), []HandOver{first}, nil},
		{"exchanged for that of the place that stands", []HandOver{second, back(second), given("overall", 1, 2)}, won(given("overall", 1, 2)), []HandOver{given("overall", 1, 2)}, nil},
		{"prizes of two lists are two", []HandOver{first, age, back(age)}, won(first), []HandOver{first}, nil},
		{"two share the place", []HandOver{first, given("overall", 1, 2)}, won(first, given("overall", 1, 2)), []HandOver{first, given("overall", 1, 2)}, nil},
	} {
		hands := HandsAfter(c.done)
		if diff := cmp.Diff(c.held, []HandOver(hands)); diff != "" {
			t.Errorf("%s: held (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.wrong, hands.Wrong(c.standing)); diff != "" {
			t.Errorf("%s: in wrong hands (-want +got):\n%s", c.name, diff)
		}
	}
	if got := HandsAfter([]HandOver{second}).Place("overall", 2); got != 2 {
		t.Errorf("place held %d, want 2", got)
	}
	if got := HandsAfter([]HandOver{second}).Place("age/M35-39", 2); got != 0 {
		t.Errorf("place held of another list %d, want none", got)
	}
}

// Whatever was done: an entrant holds what it was given last of a list, unless that was taken back since.
func TestHandsAfterRandomHandOvers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var done []HandOver
		last := map[HandOver]int{}
		for range rapid.IntRange(0, 12).Draw(t, "number") {
			key := HandOver{
				List:    rapid.SampledFrom([]string{"overall", "age/F70+"}).Draw(t, "list"),
				Entrant: race.EntrantID(rapid.IntRange(1, 3).Draw(t, "entrant")),
			}
			h := key
			h.Place, h.Back = rapid.IntRange(1, 3).Draw(t, "place"), rapid.Bool().Draw(t, "back")
			done, last[key] = append(done, h), h.Place
			if h.Back {
				last[key] = 0
			}
		}
		hands, holding := HandsAfter(done), 0
		for key, place := range last {
			if got := hands.Place(key.List, key.Entrant); got != place {
				t.Fatalf("%s: %d holds the prize of place %d, want %d", key.List, key.Entrant, got, place)
			}
			if place > 0 {
				holding++
			}
		}
		if len(hands) != holding {
			t.Fatalf("%d prizes are held, want %d", len(hands), holding)
		}
	})
}
