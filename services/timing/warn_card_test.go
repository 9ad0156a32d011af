package timing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
)

func TestWarningsOfCards(t *testing.T) {
	t.Parallel()
	card := func(id ruling.ID, by, clock string) ruling.Ruling {
		return ruling.Ruling{
			ID: id, Race: "walk", Bib: "N7", Kind: ruling.YellowCard, Point: "k5", By: by, Rule: "3.2", At: mustInstant(t, "2025-09-"+clock+"+05:00"),
		}
	}
	red := func(r ruling.Ruling) ruling.Ruling {
		r.Kind = ruling.RedCard
		return r
	}
	on := func(bib race.Bib, r ruling.Ruling) ruling.Ruling {
		r.Bib = bib
		return r
	}
	split := func(id ruling.ID, target string) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "walk", Bib: "N7", Kind: ruling.SplitCard, Target: target}
	}
	sheet := func(id ruling.ID) ruling.Ruling {
		return ruling.Ruling{ID: id, Race: "walk", Kind: ruling.CloseSheet, By: "Aru"}
	}
	revoke := func(id ruling.ID, target string) ruling.Ruling {
		return ruling.Ruling{ID: id, Kind: ruling.Revoke, Target: target}
	}
	const seen, soon = "28T08:00:00", "28T08:00:30"
	const closed = "r race SHEET_CLOSED_ALREADY: the judges' sheet was closed by Aru with ruling z; the card counts all the same"
	const alone = "r target SPLITS_NOTHING: card c of bib N7 stands by itself already: nothing follows from the split"
	for _, test := range []struct {
		name   string
		before []ruling.Ruling
		rule   []ruling.Ruling
		want   string
	}{
		{"card, then the sheet", nil, []ruling.Ruling{card("r", "J1", seen), sheet("z")}, ""},
		{"yellow card after the sheet", []ruling.Ruling{sheet("z")}, []ruling.Ruling{card("r", "J1", seen)}, closed},
		{"red card after the sheet", []ruling.Ruling{sheet("z")}, []ruling.Ruling{red(card("r", "J1", seen))}, closed},
		{"card after the sheet in one file", nil, []ruling.Ruling{sheet("z"), card("r", "J1", seen)}, closed},
		{"card after the sheet was opened again", []ruling.Ruling{sheet("z"), revoke("u", "z")}, []ruling.Ruling{card("r", "J1", seen)}, ""},
		{"card after the sheet, revoked in one file", []ruling.Ruling{sheet("z")}, []ruling.Ruling{card("r", "J1", seen), revoke("u", "r")}, ""},
		{"red card in another race after the sheet", []ruling.Ruling{sheet("z")}, []ruling.Ruling{func() ruling.Ruling {
			r := on("7", red(card("r", "J1", seen)))
			r.Race = "marathon"
			return r
		}()}, ""},

		{"sheet closed again", []ruling.Ruling{sheet("y"), sheet("z")}, []ruling.Ruling{sheet("r")},
			"r race ALREADY_CLOSED: the judges' sheet of race walk was closed already, by Aru with ruling z"},
		{"sheet closed, opened and closed", []ruling.Ruling{sheet("y"), revoke("u", "y")}, []ruling.Ruling{sheet("r")}, ""},

		{"card again", []ruling.Ruling{card("c", "J1", seen)}, []ruling.Ruling{card("r", "J1", seen)},
			"r kind CARD_AGAIN: bib N7 has the same YELLOW_CARD already, by ruling c: they count as two cards; " +
				"a REVOKE of ruling r undoes this one"},
		{"red card twice in one file", nil, []ruling.Ruling{red(card("c", "J1", seen)), red(card("r", "J1", seen))},
			"r kind CARD_AGAIN: bib N7 has the same RED_CARD already, by ruling c: they count as two cards; " +
				"a REVOKE of ruling r undoes this one"},
		{"card of another judge", []ruling.Ruling{card("c", "J1", seen)}, []ruling.Ruling{card("r", "J2", seen)}, ""},
		{"card at another instant", []ruling.Ruling{card("c", "J1", seen)}, []ruling.Ruling{card("r", "J1", soon)}, ""},
		{"card of another bib", []ruling.Ruling{card("c", "J1", seen)}, []ruling.Ruling{on("N8", card("r", "J1", seen))}, ""},
		{"red card beside a yellow one", []ruling.Ruling{card("c", "J1", seen)}, []ruling.Ruling{red(card("r", "J1", seen))}, ""},
		{"card after the same was revoked", []ruling.Ruling{card("c", "J1", seen), revoke("u", "c")}, []ruling.Ruling{card("r", "J1", seen)}, ""},

		{"card at the gun", nil, []ruling.Ruling{card("r", "J1", "28T07:30:00")}, ""},
		{"card before the gun", nil, []ruling.Ruling{card("r", "J1", "28T07:29:59")},
			"r at TIME_BEFORE_GUN: 2025-09-28T07:29:59+05:00 is before the gun of wave W at 2025-09-28T07:30:00+05:00"},
		{"red card of the evening before", nil, []ruling.Ruling{red(card("r", "J1", "27T20:00:00"))},
			"r at TIME_BEFORE_GUN: 2025-09-27T20:00:00+05:00 is before the gun of wave W at 2025-09-28T07:30:00+05:00"},
		{"card 24 hours after the gun", nil, []ruling.Ruling{card("r", "J1", "29T07:30:00")}, ""},
		{"card of the day after", nil, []ruling.Ruling{card("r", "J1", "29T08:00:00")},
			"r at TIME_LONG_AFTER_GUN: 2025-09-29T08:00:00+05:00 is 24:30:00 after the gun of wave W"},
		{"card of another week", nil, []ruling.Ruling{card("r", "J1", "21T08:00:00")},
			"r at TIME_ANOTHER_DAY: 2025-09-21T08:00:00+05:00 is not about the day of the event, 2025-09-28"},

		{"split of what two judges saw", []ruling.Ruling{card("c", "J1", seen), card("d", "J2", soon)}, []ruling.Ruling{split("r", "d")}, ""},
		{"split of the first of two", []ruling.Ruling{card("c", "J1", seen), card("d", "J2", soon)}, []ruling.Ruling{split("r", "c")}, ""},
		{"split after which the second is what a third judge saw",
			[]ruling.Ruling{card("c", "J1", seen), card("d", "J2", soon), card("e", "J3", "28T08:01:10")}, []ruling.Ruling{split("r", "c")}, ""},
		{"split before the cards of one file", nil, []ruling.Ruling{split("r", "d"), card("c", "J1", seen), card("d", "J2", soon)}, ""},
		{"split of a single card", []ruling.Ruling{card("c", "J1", seen)}, []ruling.Ruling{split("r", "c")}, alone},
		{"split of both", []ruling.Ruling{card("c", "J1", seen), card("d", "J2", soon), split("s", "d")}, []ruling.Ruling{split("r", "c")}, alone},
		{"split again after the first was revoked",
			[]ruling.Ruling{card("c", "J1", seen), card("d", "J2", soon), split("s", "d"), revoke("u", "s")}, []ruling.Ruling{split("r", "d")}, ""},
		{"split of another bib's card", []ruling.Ruling{on("N8", card("c", "J1", seen)), on("N8", card("d", "J2", soon))}, []ruling.Ruling{split("r", "d")},
			"r target SPLITS_NOTHING: no card of bib N7 that stands in race walk is ruling d: nothing follows from the split"},
		{"split of a card that was revoked", []ruling.Ruling{card("c", "J1", seen), card("d", "J2", soon), revoke("u", "d")},
			[]ruling.Ruling{split("r", "d")},
			"r target SPLITS_NOTHING: no card of bib N7 that stands in race walk is ruling d: nothing follows from the split"},
		{"split of a closing", []ruling.Ruling{sheet("z")}, []ruling.Ruling{split("r", "z")},
			"r target SPLITS_NOTHING: no card of bib N7 that stands in race walk is ruling z: nothing follows from the split"},
	} {
		s, _, known := newWarningService(t)
		event := almaty(t)
		event.Races = append(event.Races, race.Race{
			ID: "walk", Waves: []race.Wave{{ID: "W", Gun: mustInstant(t, "2025-09-28T07:30:00+05:00")}},
			Course: []race.Visit{{Point: "line"}, {Point: "k5"}}, Nordic: &race.Nordic{YellowCard: 30 * time.Second, YellowToDSQ: 3},
		})
		s.events = oneEvent{event}
		for _, bib := range []race.Bib{"N7", "N8"} {
			known.lines[bib] = RosterLine{Race: "walk", Bib: bib, Wave: "W"}
		}
		if _, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", test.before); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		recorded, err := s.RecordRulings(t.Context(), "referee", "almaty-2025", test.rule)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, shown(recorded.Warnings)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
