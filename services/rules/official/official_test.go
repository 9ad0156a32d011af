package official

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/racetime"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const announced racetime.Instant = 1_000_000
	until := announced.Add(30 * time.Minute)
	for _, c := range []struct {
		name string
		p    Publication
		want []string
	}{
		{"announced for the first time", Publication{As: Provisional, At: announced}, nil},
		{"announced with matters open", Publication{As: Provisional, At: announced, Open: []string{"JUDGES_SHEET"}}, nil},
		{"announced again", Publication{As: Provisional, At: announced, Before: Provisional, ProtestsUntil: until}, nil},
		{"provisional after it was official", Publication{As: Provisional, Before: Official}, []string{"as OFFICIAL_ALREADY"}},
		{"half an hour later", Publication{As: Official, At: until, Before: Provisional, ProtestsUntil: until}, nil},
		{"a microsecond too early", Publication{As: Official, At: until.Add(-time.Microsecond), Before: Provisional, ProtestsUntil: until},
			[]string{"as PROTESTS_OPEN"}},
		{"never announced", Publication{As: Official, At: until}, []string{"as NOT_ANNOUNCED"}},
		{"official twice", Publication{As: Official, At: until, Before: Amended}, []string{"as OFFICIAL_ALREADY"}},
		{"the judges' sheet is not closed", Publication{As: Official, Before: Provisional, Open: []string{"JUDGES_SHEET", "7 FALSE_START"},
			Waived: []string{"7 FALSE_START"}}, []string{"waived MATTER_OPEN"}},
		{"waived by name", Publication{As: Official, Before: Provisional, Open: []string{"7 FALSE_START"}, Waived: []string{"7 FALSE_START"}}, nil},
		{"waives what is not open", Publication{As: Official, Before: Provisional, Waived: []string{"8 FALSE_START"}}, []string{"waived MATTER_UNKNOWN"}},
		{"winner disqualified after the list was official", Publication{As: Amended, Before: Official, Differs: true, Reason: "doping"}, nil},
		{"amended again", Publication{As: Amended, Before: Amended, Differs: true, Reason: "appeal upheld"}, nil},
		{"amended without a reason", Publication{As: Amended, Before: Official, Differs: true}, []string{"reason REASON_MISSING"}},
		{"nothing to amend", Publication{As: Amended, Before: Official, Reason: "appeal"}, []string{"as NOTHING_CHANGED"}},
		{"amended before it was official", Publication{As: Amended, Before: Provisional, Differs: true, Reason: "x"}, []string{"as NOT_OFFICIAL"}},
		{"as what nobody knows", Publication{As: "FINAL"}, []string{"as STATE_UNKNOWN"}},
	} {
		c.p.SignedBy = "head referee"
		var got []string
		for _, p := range Check(c.p) {
			got = append(got, p.Field+" "+p.Reason)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := Check(Publication{As: Provisional}); len(got) != 1 || !strings.Contains(got[0].Message, "who signs") {
		t.Errorf("nobody signed: %v", got)
	}
}
