package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// A race that nobody closed: after two days people read days.
func TestWhoIsOverdueForDays(t *testing.T) {
	t.Parallel()
	var entrants []*standingsv1.OnCourse
	for _, overdue := range []time.Duration{1453 * time.Hour, 48*time.Hour + time.Microsecond, 48 * time.Hour} {
		entrants = append(entrants, &standingsv1.OnCourse{
			Bib: "7", Status: standingsv1.Status_STATUS_NOT_COMPETING, LastPoint: "k5", LastAt: timestamppb.New(time.Date(2026, 9, 27, 9, 0, 0, 0, time.UTC)), Overdue: durationpb.New(overdue),
		})
	}
	definition := &race.Event{TimeZone: "UTC", Day: civil.Day{Year: 2026, Month: time.September, Day: 27}}
	var out bytes.Buffer
	if err := printOnCourse(&out, definition, "ten", entrants); err != nil {
		t.Fatal(err)
	}
	want := `ten: 3 on the course, 3 of them overdue
OVERDUE    BIB  NAME  WAVE  STATUS         LAST SEEN  AT        NEXT          EXPECTED
60 d 13 h  7                NOT_COMPETING  k5         09:00:00  no mat ahead  unknown
2 d 0 h    7                NOT_COMPETING  k5         09:00:00  no mat ahead  unknown
48:00:00   7                NOT_COMPETING  k5         09:00:00  no mat ahead  unknown
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
