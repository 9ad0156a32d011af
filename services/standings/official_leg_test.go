package standings_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/standings"
)

func TestAPublishedListOfARelayHoldsItsLegs(t *testing.T) {
	t.Parallel()
	all := teams()
	all[1].Legs[0].RanBy, all[1].Legs[1].RanBy = 2, 1
	for list, want := range map[string][]string{
		"overall":   {"2 for 1 rank 1 after 1", "1 for 2 rank 3 after 4", "0 for 3 rank 1 after 2"},
		"cat/Mixed": {"2 for 1 rank 1 after 1", "1 for 2 rank 2 after 2", "0 for 3 rank 1 after 1"},
	} {
		rows, err := standings.ListRows(legDay(), all, "relay", list)
		if err != nil {
			t.Fatal(err)
		}
		row := rows[slices.IndexFunc(rows, func(r standings.OfficialRow) bool { return r.Bib == "2" })]
		var got []string
		for n, leg := range row.Legs {
			got = append(got, fmt.Sprintf("%d for %d rank %d after %d", leg.RanBy, n+1, leg.Rank, leg.RankAfter))
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", list, diff)
		}
		shown := standings.OfficialLeg{
			MemberBib: "2-2", RanBy: 1, Time: "0:33:21", Cumulative: "0:50:01", ExactTime: racetime.Known(2000*second + millisecond),
			Rank: row.Legs[1].Rank, RankAfter: row.Legs[1].RankAfter,
		}
		if diff := gocmp.Diff(shown, row.Legs[1]); diff != "" {
			t.Errorf("%s: the second leg (-want +got)\n%s", list, diff)
		}
		var digests bytes.Buffer
		if err := standings.WriteDigests(&digests, legDay(), all); err != nil {
			t.Fatal(err)
		}
		digest := standings.DigestOf("relay", list, rows)
		if line := "relay," + list + "," + hex.EncodeToString(digest[:]) + "\n"; !strings.Contains(digests.String(), line) {
			t.Errorf("no %s in\n%s", line, digests.String())
		}
	}
}

// Lists of persons keep the digests that they had before legs were published with lists.
func TestLegsAreInTheDigestOfARelayOnly(t *testing.T) {
	t.Parallel()
	rows := func() []standings.OfficialRow {
		return []standings.OfficialRow{{Rank: 1, Bib: "1", Legs: []standings.OfficialLeg{{MemberBib: "1-1"}}}}
	}
	digest := func(rows []standings.OfficialRow) standings.Digest {
		return standings.DigestOf("relay", "overall", rows)
	}
	before := digest(rows())
	leg := reflect.TypeFor[standings.OfficialLeg]()
	for i := range leg.NumField() {
		changed := rows()
		switch field := reflect.ValueOf(&changed[0].Legs[0]).Elem().Field(i); field.Interface().(type) {
		case racetime.Optional:
			field.Set(reflect.ValueOf(racetime.Known(1)))
		case race.Bib, string:
			field.SetString("x")
		case int:
			field.SetInt(7)
		case bool:
			field.SetBool(true)
		default:
			t.Fatalf("the test knows no other %v", field.Type())
		}
		name := leg.Field(i).Name
		if same := digest(changed) == before; same != (name == "MemberName") {
			t.Errorf("another %s: the digest is the same: %t", name, same)
		}
		if changes := standings.DiffRows(rows(), changed); len(changes) != 1 {
			t.Errorf("another %s: %d changes", name, len(changes))
		}
	}
	if changes := standings.DiffRows(rows(), rows()); len(changes) > 0 {
		t.Errorf("nothing changed: %v", changes)
	}
	person, err := standings.ListRows(twenty(), spread(), "twenty", "overall")
	if err != nil {
		t.Fatal(err)
	}
	const was = "02eda8b2f069defaa9e5197c047a95835baf6e3bb5faba0f3d653480bd21b5a5"
	if got := standings.DigestOf("twenty", "overall", person); hex.EncodeToString(got[:]) != was {
		t.Errorf("the digest of a list of persons is %x, was %s", got, was)
	}
}
