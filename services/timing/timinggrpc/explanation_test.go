package timinggrpc

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/explanation"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
	"raceday/services/timing"
)

func TestEveryVerdictIsOnTheWire(t *testing.T) {
	t.Parallel()
	for _, v := range passing.Verdicts() {
		if got, want := verdictMessage(v).String(), "VERDICT_"+v.String(); got != want {
			t.Errorf("verdict %d is %s, want %s", v, got, want)
		}
	}
	if got, want := len(timingv1.Verdict_name), len(passing.Verdicts())+1; got != want {
		t.Errorf("the contract has %d verdicts, want %d", got, want)
	}
}

// oneExplained explains bib 7 alone.
type oneExplained struct{}

func (oneExplained) Explain(_ context.Context, _ race.EventID, bib race.Bib) (*explanation.Explanation, error) {
	if bib != "7" {
		return nil, timing.ErrEntrantNotFound
	}
	r := &race.Race{ID: "marathon", Rounding: time.Second, Course: []race.Visit{{Point: "line"}, {Point: "k5", AtMillimetres: 5_000_500}}}
	return &explanation.Explanation{
		Race: r, Ranked: racetime.Known(90 * time.Second), GunRuling: "g-1",
		Result: result.Result{
			Race: "marathon", Bib: "7", Name: "Aru", Wave: "A", Status: result.DSQ, Rule: "TR6.3", GunAt: 1_000_000,
			Passings: []passing.Passing{{Visit: 0, At: 2_000_000}, {Visit: 1, At: 61_500_000}},
			Gun:      racetime.Known(60_500 * time.Millisecond), Penalty: 30 * time.Second,
			Legs:      []result.Leg{{Number: 1, Time: racetime.Known(time.Minute), Cumulative: racetime.Known(time.Minute)}},
			Anomalies: []anomaly.Anomaly{{Kind: anomaly.OverTime, Visit: 1, At: 61_500_000, FromVisit: 0}},
		},
		Chips: []explanation.Chip{{Chip: "C1", Leg: 1, Reads: 2}},
		Reads: []explanation.Read{
			{
				StoredRead: explanation.StoredRead{Mat: "line-a", Boot: "7", Seq: 3, Chip: "C1", At: 5, ArrivedAt: 6},
				Judgement:  passing.Judgement{Verdict: passing.Counted, Visit: 0, CountsAt: 2_000_000},
				Point:      "line", CorrectedAt: 2_000_000, Leg: 1, Backup: true, Conflict: true,
			},
			{Judgement: passing.Judgement{Verdict: passing.NoPoint, Visit: explanation.Nowhere}},
		},
		Passings: []explanation.Passing{
			{Passing: passing.Passing{Visit: 0, At: 2_000_000}},
			{Passing: passing.Passing{Visit: 1, At: 61_500_000}, Read: explanation.Nowhere, Ruling: "m-1"},
		},
		Rulings: []explanation.Ruling{{
			RecordedRuling: explanation.RecordedRuling{Ruling: ruling.Ruling{ID: "m-1", Kind: ruling.ManualTime}, Change: 9},
			RevokedBy:      "r-1",
		}},
	}, nil
}

func (oneExplained) ExplainChip(_ context.Context, _ race.EventID, chip race.Chip) (explanation.OfChip, error) {
	of := explanation.OfChip{Race: "marathon", Bib: "7"}
	for seq := range uint64(2*readsOfMessage + 1) {
		of.Reads = append(of.Reads, explanation.Read{
			StoredRead: explanation.StoredRead{Mat: "m", Seq: seq, Chip: chip},
			Judgement:  passing.Judgement{Verdict: passing.UnknownChip, Visit: explanation.Nowhere},
		})
	}
	return of, nil
}

// sentChips collects what a stream was sent.
type sentChips struct {
	grpc.ServerStream
	ctx  context.Context
	sent []*timingv1.ExplainChipResponse
}

func (s *sentChips) Context() context.Context { return s.ctx }

func (s *sentChips) Send(m *timingv1.ExplainChipResponse) error {
	s.sent = append(s.sent, m)
	return nil
}

func TestReadsOfAChipComeInSeveralMessages(t *testing.T) {
	t.Parallel()
	server := New(timing.New(timing.Dependencies{Events: events{}, Explainer: oneExplained{}}))
	stream := &sentChips{ctx: t.Context()}
	if err := server.ExplainChip(&timingv1.ExplainChipRequest{EventId: string(event), Chip: "00c1"}, stream); err != nil {
		t.Fatal(err)
	}
	next := uint64(0)
	for _, message := range stream.sent {
		for _, r := range message.GetReads() {
			if r.GetRead().GetSeq() != next || r.GetRead().GetChip() != "C1" || r.GetVerdict() != timingv1.Verdict_VERDICT_UNKNOWN_CHIP {
				t.Fatalf("read %d: got %v", next, r)
			}
			next++
		}
		if message.GetBib() != "7" || message.GetRace() != "marathon" {
			t.Errorf("worn by %s in %s", message.GetBib(), message.GetRace())
		}
	}
	if next != 2*readsOfMessage+1 || len(stream.sent) != 3 {
		t.Errorf("%d reads in %d messages", next, len(stream.sent))
	}
}

type oneRanked struct{}

func (oneRanked) Ranks(context.Context, race.EventID, race.Bib) (timing.Ranks, error) {
	return timing.Ranks{
		Version: 12, Lists: []timing.ListRank{{List: "overall", Rank: 3, Of: 10}}, Legs: []timing.LegRank{{Rank: 4, After: 5}, {Rank: 6}},
	}, nil
}

func TestExplainResultOverGRPC(t *testing.T) {
	t.Parallel()
	server := New(timing.New(timing.Dependencies{Events: events{}, Explainer: oneExplained{}, Standings: oneRanked{}}))
	answer, err := server.ExplainResult(t.Context(), &timingv1.ExplainResultRequest{EventId: string(event), Bib: "7"})
	if err != nil {
		t.Fatal(err)
	}
	got := answer.GetExplanation()
	if a := got.GetAnomalies(); len(a) != 1 || a[0].GetPoint() != "k5" || a[0].GetBib() != "7" ||
		a[0].GetRace() != got.GetRace() || a[0].GetFromPoint() == "" {
		t.Errorf("anomalies: got %v", a)
	}
	if legs := got.GetLegs(); len(legs) != 1 || legs[0].GetLegTime() != "0:01:00" || legs[0].GetLegRank() != 4 || legs[0].GetRankAfter() != 5 {
		t.Errorf("legs: got %v", legs)
	}
	if ranks := got.GetRanks(); len(ranks) != 1 || ranks[0].GetList() != "overall" || ranks[0].GetRank() != 3 || ranks[0].GetOf() != 10 {
		t.Errorf("ranks: got %v", ranks)
	}
	if got.GetStatus().String() != "STATUS_DSQ" {
		t.Errorf("status: got %v", got.GetStatus())
	}
	got.Anomalies, got.Legs, got.Ranks, got.Status = nil, nil, nil, 0
	at := func(us int64) *timestamppb.Timestamp { return timestamppb.New(time.UnixMicro(us)) }
	number := func(n int32) *int32 { return &n }
	want := &timingv1.Explanation{
		Race: "marathon", Bib: "7", Name: "Aru", Wave: "A", Rule: "TR6.3", GunAt: at(1_000_000), GunRulingId: "g-1",
		Chips: []*timingv1.ExplainedChip{{Chip: "C1", Leg: 1, Reads: 2}},
		Reads: []*timingv1.JudgedRead{
			{
				Read:    &timingv1.StoredRead{Mat: "line-a", Boot: "7", Seq: 3, Chip: "C1", At: at(5), ArrivedAt: at(6)},
				Verdict: timingv1.Verdict_VERDICT_COUNTED, Point: "line", Backup: true, At: at(2_000_000), Visit: number(0),
				CountsAt: at(2_000_000), Conflict: true, Leg: 1,
			},
			{Read: &timingv1.StoredRead{At: at(0), ArrivedAt: at(0)}, Verdict: timingv1.Verdict_VERDICT_NO_POINT, At: at(0)},
		},
		Passings: []*timingv1.ExplainedPassing{
			{Visit: 0, Point: "line", At: at(2_000_000), Read: number(0), Gun: "0:00:01", Net: "0:00:00"},
			{Visit: 1, Point: "k5", AtMetres: 5000.5, At: at(61_500_000), RulingId: "m-1", Gun: "0:01:01", Net: "0:01:00"},
		},
		Rulings: []*timingv1.ExplainedRuling{{
			Ruling: &timingv1.Ruling{Id: "m-1", Kind: timingv1.RulingKind_RULING_KIND_MANUAL_TIME, Change: 9}, RevokedBy: "r-1",
		}},
		GunTime: durationpb.New(60_500 * time.Millisecond), Gun: "0:01:01", Penalty: durationpb.New(30 * time.Second),
		RankedTime: durationpb.New(90 * time.Second), Ranked: "0:01:30", RankVersion: 12,
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
	_, err = server.ExplainResult(t.Context(), &timingv1.ExplainResultRequest{EventId: string(event), Bib: "8"})
	if !errors.Is(err, timing.ErrEntrantNotFound) {
		t.Errorf("nobody's bib: got %v, want %v", err, timing.ErrEntrantNotFound)
	}
}
