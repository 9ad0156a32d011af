package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

// write makes a file of a test's own.
func write(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An official asks why: backup mats, a mat clock that runs ahead, a void read, a time entered by hand and a corrected gun.
func TestExplain(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, "testdata/loop.yaml")
	at := func(clock string) string { return "2026-09-27T" + clock + "+05:00" }
	raceday(t, exitSuccess, "roster", "import", "--server", s.grpc, "--event", "loop", write(t, "roster.csv",
		"race,bib,chips,name,sex,team,leg", "ten,7,007 b8,Aru,F,,", "ten,8,C8,Bek,M,,", "walk,9,C9,Cem,M,,",
		"ekiden,E1,,Sun,X,,", "ekiden,E1-1,,Dan,M,E1,1", "ekiden,E1-2,,Eli,M,E1,2", "ekiden,E1-3,,Fay,M,E1,"))
	raceday(t, exitSuccess, "reads", "publish", "--server", s.grpc, "--nats-url", s.nats, "--event", "loop", write(t, "reads.csv",
		"mat,chip,at,boot,seq",
		"line-a,7,"+at("08:59:50")+",1,1",
		"line-a,7,"+at("09:00:10.5")+",1,2",
		"line-a,7,"+at("09:00:12.5")+",1,3",
		"k2-a,B8,"+at("09:10:03")+",1,1",
		"line-b,7,"+at("09:24:59")+",1,1",
		"line-a,7,"+at("09:25:00")+",1,4",
		"k8-a,7,"+at("09:26:00")+",1,1",
		"line-b,7,"+at("09:50:00.0004")+",1,2",
		"line-a,7,"+at("10:20:00")+",1,5",
		"k8-a,7,"+at("09:41:00")+",1,2",
		"k8-a,C8,"+at("09:41:00")+",1,2", // the same number
		"line-a,7,"+at("10:20:01")+",1,8", "line-a,7,"+at("10:40:00")+",1,9",
		"line-a,LOST,"+at("09:00:05")+",1,6", "k2-a,LOST,"+at("09:12:03")+",1,2", "line-a,LOST,"+at("09:55:00")+",1,7",
	))
	raceday(t, exitSuccess, "rulings", "apply", "--server", s.grpc, "--event", "loop", write(t, "rulings.csv",
		"id,race,bib,ruling,target,point,at,reason,by",
		"g1,ten,,GUN,A,,"+at("09:00:01")+",fired,starter",
		"v1,ten,7,VOID_READ,,k8,"+at("09:41:00")+",the chip lay on a bicycle,referee",
		"m1,ten,7,MANUAL_TIME,,k8,"+at("09:40:00")+",seen on the video,referee",
		"d1,ten,7,DSQ,,,,short cut,referee",
		"r1,ten,,REVOKE,d1,,,protest upheld,jury",
		"c1,ten,,CLOSE,,,,all are in,referee",
		"r2,ten,,REVOKE,c1,,,one is still out,referee",
		"g2,ten,,GUN,,,"+at("09:00:02")+",seen on the video,referee",
	))
	x := s.explained(t, "7", "0:49:59") // 09:50:00.0004 less 09:00:02, rounded up

	if got, want := x.GetGunRulingId(), "g2"; got != want {
		t.Errorf("the gun is of ruling %q, want %q", got, want)
	}
	explain := func(status int, args ...string) (stdout, stderr string) {
		t.Helper()
		return raceday(t, status, append([]string{"explain", "--server", s.grpc, "--event", "loop"}, args...)...)
	}
	for file, args := range map[string][]string{
		"testdata/explain.txt": {"ten", "7"}, "testdata/explain_all.txt": {"ten", "7", "--reads", "--all"},
	} {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out, _ := explain(exitSuccess, args...)
		if diff := cmp.Diff(string(want), out); diff != "" {
			t.Errorf("explain %v prints (-want +got):\n%s", args, diff)
		}
	}
	for _, c := range []struct{ name, race, bib, want string }{
		{"a bib of another race", "ten", "9", "bib 9 runs in race walk, not in ten; try: raceday explain walk 9 --event loop"},
		{"a race that is none", "tenn", "7", "there is no race tenn; bib 7 runs in ten; try: raceday explain ten 7 --event loop"},
		{
			"a member of a relay", "ekiden", "E1-2",
			"bib E1-2 runs leg 2 of team E1, and the team has the result; try: raceday explain ekiden E1 --event loop",
		},
		{
			"a reserve, of a race that is none", "ekidn", "E1-3",
			"bib E1-3 is a reserve of team E1, and the team has the result; try: raceday explain ekiden E1 --event loop",
		},
	} {
		if _, stderr := explain(exitFailure, c.race, c.bib); stderr != "raceday: "+c.want+"\n" {
			t.Errorf("%s: %q, want %q", c.name, stderr, c.want)
		}
	}
	if _, stderr := explain(exitFailure, "ten", "99"); !strings.Contains(stderr, "ENTRANT_NOT_FOUND") {
		t.Errorf("a bib that nobody has: %q", stderr)
	}
	for bib, reason := range map[string]string{"99": "ENTRANT_NOT_FOUND", "no bib": "ENTRANT_NOT_FOUND"} {
		s.refused(t, reason, "TimingService/ExplainResult", fmt.Sprintf(`{"eventId":"loop","bib":%q}`, bib))
	}
	s.refused(t, "EVENT_NOT_FOUND", "TimingService/ExplainResult", `{"eventId":"none","bib":"7"}`)
	s.assignLost(t)
}

// explained returns the explanation of a bib as soon as the standings have a gun time, and compares it with them.
func (s server) explained(t *testing.T, bib, gun string) (x *timingv1.Explanation) {
	t.Helper()
	client := client{Server: s.grpc}
	err := client.with(&terminal{ctx: t.Context()}, func(ctx context.Context, conn *grpc.ClientConn) error {
		var got *standingsv1.GetResultResponse
		eventually(t, func() (err error) {
			got, err = standingsv1.NewStandingsServiceClient(conn).GetResult(ctx, &standingsv1.GetResultRequest{EventId: "loop", Bib: bib})
			if err == nil && (got.GetStanding().GetGun() != gun || got.GetStanding().GetRank() == 0) {
				err = fmt.Errorf("gun time %q and rank %d, want %q", got.GetStanding().GetGun(), got.GetStanding().GetRank(), gun)
			}
			return err
		})
		answer, err := timingv1.NewTimingServiceClient(conn).ExplainResult(ctx, &timingv1.ExplainResultRequest{EventId: "loop", Bib: bib})
		if err != nil {
			return err
		}
		x = answer.GetExplanation()
		compareWithStandings(t, got, x)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func compareWithStandings(t *testing.T, r *standingsv1.GetResultResponse, x *timingv1.Explanation) {
	t.Helper()
	row := r.GetStanding()
	if row.GetGun() != x.GetGun() || row.GetNet() != x.GetNet() || row.GetRanked() != x.GetRanked() || row.GetStatus() != x.GetStatus() ||
		row.GetRankedTime().AsDuration() != x.GetRankedTime().AsDuration() || r.GetRace() != x.GetRace() || row.GetName() != x.GetName() {
		t.Errorf("GetResult says %v, the explanation %v %v %v", row, x.GetGun(), x.GetNet(), x.GetRanked())
	}
	var splits []*standingsv1.Split
	for _, p := range x.GetPassings() {
		splits = append(splits, &standingsv1.Split{
			Visit: p.GetVisit(), Point: p.GetPoint(), At: p.GetAt(), Net: p.GetNet(), Gun: p.GetGun(), AtMetres: p.GetAtMetres(),
		})
	}
	// The pace is said of results alone.
	if diff := cmp.Diff(r.GetSplits(), splits, protocmp.Transform(), protocmp.IgnoreFields(&standingsv1.Split{}, "pace")); diff != "" {
		t.Errorf("splits (-result +explanation):\n%s", diff)
	}
	if diff := cmp.Diff(r.GetRanks(), x.GetRanks(), protocmp.Transform()); diff != "" {
		t.Errorf("ranks (-result +explanation):\n%s", diff)
	}
}

// assignLost gives a chip that finished to whom it was meant for.
func (s server) assignLost(t *testing.T) {
	t.Helper()
	unknown := func() string {
		out, _ := raceday(t, exitSuccess, "chips", "unknown", "--server", s.grpc, "--event", "loop")
		return out
	}
	want := "CHIP  READS  FIRST     LAST      MAT     POINT\nLOST  3      09:00:05  09:55:00  line-a  line\n"
	if diff := cmp.Diff(want, unknown()); diff != "" {
		t.Errorf("unknown chips (-want +got):\n%s", diff)
	}
	reads := func(chip string) string {
		out, _ := raceday(t, exitSuccess, "chips", "reads", "--server", s.grpc, "--event", "loop", chip)
		return out
	}
	for _, chip := range []string{"lost", "00LOST"} {
		if got := reads(chip); !strings.HasPrefix(got, "chip "+chip+": nobody wears it, 3 reads\n") || strings.Count(got, "nobody wears this chip") != 3 {
			t.Errorf("reads of a chip that nobody wears:\n%s", got)
		}
	}
	if got, want := reads("none"), "chip none: nobody wears it, 0 reads\n"; got != want {
		t.Errorf("reads of a chip that nobody saw: %q, want %q", got, want)
	}
	s.refused(t, "FILTER_INVALID", "TimingService/ExplainChip", `{"eventId":"loop","chip":"no chip"}`)
	s.refused(t, "EVENT_NOT_FOUND", "TimingService/ExplainChip", `{"eventId":"none","chip":"lost"}`)
	s.call(t, "RegistrationService/AssignChips", `{"eventId":"loop","assignments":[{"bib":"8","chips":["C8","lost"]}]}`)
	if got := reads("lost"); !strings.HasPrefix(got, "chip lost: bib 8 in race ten, 3 reads; raceday explain ten 8 --event loop says more\n") ||
		strings.Contains(got, "nobody") || !strings.Contains(got, "counts for line#1") {
		t.Errorf("reads of a chip that bib 8 wears by now:\n%s", got)
	}
	if got, want := unknown(), "every chip that was read is on the roster\n"; got != want {
		t.Errorf("unknown chips: %q, want %q", got, want)
	}
	x := s.explained(t, "8", "0:54:58")
	if len(x.GetChips()) != 2 || x.GetChips()[1].GetReads() != 3 || len(x.GetPassings()) != 4 {
		t.Errorf("bib 8 has %v", x)
	}
	if conflict := x.GetReads()[len(x.GetReads())-2]; !conflict.GetConflict() {
		t.Errorf("read %v is no conflict", conflict)
	}
}

func TestEveryVerdictHasASentence(t *testing.T) {
	t.Parallel()
	for number, name := range timingv1.Verdict_name {
		if has := sentences[timingv1.Verdict(number)] != ""; has != (number != 0) {
			t.Errorf("%s: has a sentence %v", name, has)
		}
	}
}

// A void read in the middle does not split a crossing, chips of several legs make one at the start, and what lies a
// crossing's gap apart is another.
func TestReadsOfOneCrossing(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 9, 27, 9, 0, 0, 0, time.UTC)
	read := func(point string, second int, leg int32, verdict timingv1.Verdict) *timingv1.JudgedRead {
		at := timestamppb.New(start.Add(time.Duration(second) * time.Second))
		r := &timingv1.JudgedRead{Read: &timingv1.StoredRead{Mat: "m", At: at}, Verdict: verdict, Point: point, At: at, Leg: leg}
		if verdict == timingv1.Verdict_VERDICT_COUNTED || verdict == timingv1.Verdict_VERDICT_SAME_CROSSING {
			r.Visit = proto.Int32(0)
		}
		return r
	}
	s := &sheet{race: &race.Race{CrossingGap: 30 * time.Second}, x: &timingv1.Explanation{Reads: []*timingv1.JudgedRead{
		read("line", 0, 1, timingv1.Verdict_VERDICT_BEFORE_GUN),
		read("line", 10, 1, timingv1.Verdict_VERDICT_SAME_CROSSING),
		read("line", 10, 2, timingv1.Verdict_VERDICT_SAME_INSTANT),
		read("line", 11, 1, timingv1.Verdict_VERDICT_VOID),
		read("line", 12, 2, timingv1.Verdict_VERDICT_COUNTED),
		read("k5", 20, 1, timingv1.Verdict_VERDICT_TOO_FAST),
		read("k5", 49, 1, timingv1.Verdict_VERDICT_TOO_FAST),
		read("k5", 50, 2, timingv1.Verdict_VERDICT_TOO_FAST),
		read("k5", 79, 1, timingv1.Verdict_VERDICT_TOO_FAST),
		read("", 90, 1, timingv1.Verdict_VERDICT_NO_POINT),
	}}}
	var got []int
	for _, crossing := range s.crossings() {
		got = append(got, len(crossing))
	}
	if diff := cmp.Diff([]int{1, 3, 1, 2, 1, 1, 1}, got); diff != "" {
		t.Errorf("reads of each crossing (-want +got):\n%s", diff)
	}
}

func TestRanksOfWhoHasNone(t *testing.T) {
	t.Parallel()
	s := sheet{x: &timingv1.Explanation{Ranks: []*standingsv1.ListRank{
		{List: "overall", Rank: 2, Of: 9}, {List: "sex/F"}, {List: "age/F35-39", Of: 3},
	}}}
	if got, want := s.ranks(), "overall 2 of 9, sex/F no rank, age/F35-39 no rank"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
