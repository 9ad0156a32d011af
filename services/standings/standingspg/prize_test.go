package standingspg_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/award"
	"raceday/services/standings"
	"raceday/services/standings/standingspg"
)

// What was announced and handed over comes back as it was, and nobody changes it.
func TestPrizes(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store := standingspg.NewPrizes(pool)
	first := standings.Announcement{
		Event: "e", Race: "ten", Number: 1, RequestID: "a1", AnnouncedAt: 1_000_000, SignedBy: "Әсел", Actor: "jury",
		At: standings.FactsAt{Version: 41, Change: 3}, Prizes: []standings.AnnouncedPrize{
			{Prize: award.Prize{Classification: "sex", List: "sex/F", Place: 1, Entrant: 9, Bib: "7", Rank: 1}, Ranked: "0:40:30"},
			{Prize: award.Prize{Classification: "age", List: "age/F18-34", Place: 1, Entrant: 11, Bib: "8", Rank: 2}, Ranked: "0:41:00"},
		},
	}
	second, other := first, first
	second.Number, second.RequestID, second.Prizes = 2, "a2", nil
	other.Race, other.RequestID = "half", "a3"
	add := func(a standings.Announcement, want error) {
		t.Helper()
		if err := store.AddAnnouncement(t.Context(), a); !errors.Is(err, want) {
			t.Errorf("announcement %d of %s: %v, want %v", a.Number, a.Race, err, want)
		}
	}
	add(first, nil)
	add(second, nil)
	add(other, nil)
	add(second, standings.ErrAwardedMeanwhile)
	reused := second
	reused.Number = 3
	add(reused, standings.ErrRequestIDReused)

	given := standings.HandOver{
		Event: "e", Race: "ten", Number: 1, RequestID: "h1", At: 2_000_000, By: "Mayor", Actor: "jury", Announcement: 1,
		HandOver: award.HandOver{Classification: "sex", List: "sex/F", Place: 1, Entrant: 9, Bib: "7"},
	}
	back := given
	back.Number, back.RequestID, back.Back, back.At = 2, "h2", true, 3_000_000
	hand := func(h standings.HandOver, want error) {
		t.Helper()
		if err := store.AddHandOver(t.Context(), h); !errors.Is(err, want) {
			t.Errorf("hand-over %d: %v, want %v", h.Number, err, want)
		}
	}
	hand(given, nil)
	hand(back, nil)
	hand(back, standings.ErrAwardedMeanwhile)
	reusedHand := back
	reusedHand.Number = 3
	hand(reusedHand, standings.ErrRequestIDReused)

	want := standings.Awarded{
		Announcements: []standings.Announcement{first, second}, HandOvers: []standings.HandOver{given, back},
	}
	got, err := store.Awarded(t.Context(), "e", "ten")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("awarded: %v (-want +got):\n%s", err, diff)
	}
	for _, statement := range []string{
		`UPDATE standings.award_announcements SET signed_by = ''`, `DELETE FROM standings.announced_prizes`,
		`TRUNCATE standings.prize_hand_overs`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s: got no error", statement)
		}
	}
	rows := map[string]string{
		"AWARDS_ANNOUNCED": "ten, announcement 1, signed by Әсел, sex/F 1 7, age/F18-34 1 8", "PRIZE_HANDED_OVER": "ten, sex/F 1 to 7, by Mayor",
		"PRIZE_TAKEN_BACK": "ten, sex/F 1 from 7, by Mayor",
	}
	for action, want := range rows {
		var detail string
		err := pool.QueryRow(t.Context(), `SELECT detail FROM audit.actions WHERE event = 'e' AND action = $1 ORDER BY number LIMIT 1`, action).Scan(&detail)
		if err != nil || detail != want {
			t.Errorf("%s in the audit: %q, %v, want %q", action, detail, err, want)
		}
	}
}
