package standingspg_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/official"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/standings"
	"raceday/services/standings/standingspg"
)

// What was published comes back as it was, and nobody changes it.
func TestOfficialLists(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	store := standingspg.NewOfficialLists(pool)
	list := standings.OfficialList{
		Event: "e", Race: "ten", List: "sex/F", Number: 1, State: official.Provisional, PublishedAt: 1_000_000, ProtestsUntil: 2_000_000,
		SignedBy: "Referee", Actor: "key of the jury", Waived: []string{"7 FALSE_START"}, At: standings.FactsAt{Version: 41, Change: 3},
		Digest: standings.Digest{1}, FactsDigest: standings.Digest{2}, Rows: []standings.OfficialRow{
			{Rank: 1, Bib: "7", Name: "Әсел Қуатқызы", Sex: "F", AgeGroup: "F18-34", Country: "KAZ", Club: "Tulpar", Category: "Open",
				Status: result.Finished, Gun: "0:40:00", Net: "0:39:58", Penalty: "0:00:30", Ranked: "0:40:30",
				RankedTime: racetime.Known(40*time.Minute + 29*time.Second + time.Microsecond)},
			{Bib: "8", Status: result.DSQ, Rule: "TR6.3"},
		},
	}
	second := list
	second.Number, second.State, second.Reason, second.Waived, second.Rows = 2, official.Official, "all agreed", []string{}, list.Rows[:1]
	other := list
	other.Race, other.Rows = "half", nil
	relay := list
	relay.Race, relay.List, relay.Rows = "ekiden", "overall", []standings.OfficialRow{
		{Rank: 1, Bib: "E1", Status: result.Finished, Legs: []standings.OfficialLeg{
			{MemberBib: "E1-1", MemberName: "Aru", RanBy: 2, Time: "0:15:00", Cumulative: "0:15:00", Rank: 3, RankAfter: 4,
				ExactTime: racetime.Known(15*time.Minute - time.Microsecond)},
			{MemberBib: "E1-2", NotCompleted: true},
		}},
		{Bib: "E2", Status: result.DNS},
		{Bib: "E3", Status: result.DNF, Legs: []standings.OfficialLeg{{MemberBib: "E3-1"}, {}}},
	}
	for _, l := range []standings.OfficialList{list, second, other, relay} {
		if err := store.AddOfficial(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.AddOfficial(t.Context(), second); !errors.Is(err, standings.ErrPublishedMeanwhile) {
		t.Errorf("the same version again: %v, want ErrPublishedMeanwhile", err)
	}
	for number, want := range map[int]standings.OfficialList{0: second, 1: list, 2: second} {
		got, ok, err := store.OfficialVersion(t.Context(), "e", "ten", "sex/F", number)
		if diff := cmp.Diff(want, got); err != nil || !ok || diff != "" {
			t.Errorf("version %d: %t, %v (-want +got):\n%s", number, ok, err, diff)
		}
	}
	if _, ok, err := store.OfficialVersion(t.Context(), "e", "ten", "sex/F", 3); ok || err != nil {
		t.Errorf("a version that is not there: %t, %v", ok, err)
	}
	wantRows := []standings.PublishedRow{{List: "sex/F", Number: 2, State: official.Official, Row: list.Rows[0]}}
	rows, err := store.PublishedRows(t.Context(), "e", "ten", "7")
	if diff := cmp.Diff(wantRows, rows); err != nil || diff != "" {
		t.Errorf("what is published of 7: %v (-want +got):\n%s", err, diff)
	}
	if rows, err := store.PublishedRows(t.Context(), "e", "ten", "8"); err != nil || len(rows) > 0 {
		t.Errorf("8 is in an older version only: %v, %v", rows, err)
	}
	if got, _, err := store.LastOfficial(t.Context(), "e", "ekiden", "overall"); err != nil || !cmp.Equal(relay, got) {
		t.Errorf("a relay: %v (-want +got):\n%s", err, cmp.Diff(relay, got))
	}
	want := []standings.OfficialList{relay, other, list, second}
	for i := range want {
		want[i].Rows = nil
	}
	got, err := store.OfficialLists(t.Context(), "e")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("all versions: %v (-want +got):\n%s", err, diff)
	}
	for _, statement := range []string{
		`UPDATE standings.official_lists SET reason = ''`, `DELETE FROM standings.official_rows`, `TRUNCATE standings.official_legs, standings.official_rows`,
		`UPDATE standings.official_legs SET leg_rank = 1`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s: got no error", statement)
		}
	}
	var recorded int
	err = pool.QueryRow(t.Context(), `SELECT count(*) FROM audit.actions WHERE event = 'e' AND action = 'LIST_PUBLISHED'`).Scan(&recorded)
	if err != nil || recorded != 4 {
		t.Errorf("%d publications are in the audit, %v, want 4", recorded, err)
	}
}
