package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func TestTheResultOfATeamIsPrintedWithItsLegs(t *testing.T) {
	t.Parallel()
	definition := &race.Event{TimeZone: "UTC", Day: civil.Day{Year: 2026, Month: time.September, Day: 27}, Races: []race.Race{{
		ID: "ekiden", Course: []race.Visit{{Point: "line"}, {Point: "x1", AtMillimetres: 5_000_000}, {Point: "line", AtMillimetres: 12_195_000}},
	}}}
	r := &standingsv1.GetResultResponse{
		Race: "ekiden",
		Standing: &standingsv1.Standing{
			Bib: "7", Name: "Tengri", Country: "KAZ", Status: standingsv1.Status_STATUS_DNF, Gun: "0:50:00", Penalty: "0:00:30",
		},
		Splits: []*standingsv1.Split{
			{Visit: 2, Point: "line", At: timestamppb.New(time.Date(2026, 9, 27, 9, 50, 0, 0, time.UTC)), AtMetres: 12_195, Gun: "0:50:00"},
			{Visit: 9, Point: "k40", At: timestamppb.New(time.Date(2026, 9, 28, 9, 50, 0, 0, time.UTC)), AtMetres: 40_000},
		},
		Ranks: []*standingsv1.ListRank{{List: "overall", Of: 12}},
		Legs: []*standingsv1.LegResult{
			{Leg: 1, MemberBib: "7-1", MemberName: "Aru", NotCompleted: true, Metres: 5000},
			{Leg: 2, MemberBib: "7-2", LegTime: "0:30:00", LegRank: 3, Metres: 7195, RanksGained: new(int32)},
		},
	}
	want := `ekiden: bib 7, Tengri, KAZ
DNF, gun 0:50:00, penalty 0:00:30
SPLIT   KM      AT                   NET  GUN      PACE/KM
line#2  12.195  09:50:00                  0:50:00  
k40     40      2026-09-28 09:50:00                
LIST     RANK  OF
overall        12
LEG  KM     BIB  NAME  TIME           RANK  TOTAL  RANK AFTER  GAINED
1    5      7-1  Aru   not completed                           
2    7.195  7-2        0:30:00        3                        =
`
	var out bytes.Buffer
	if err := printResult(&out, definition, r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
