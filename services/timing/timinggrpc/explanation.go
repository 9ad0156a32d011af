package timinggrpc

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/notice"
	"raceday/services/rules/explanation"
	"raceday/services/rules/passing"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/timing"
)

func explanationMessage(x *explanation.Explanation, ranks timing.Ranks) *timingv1.Explanation {
	res := &x.Result
	message := &timingv1.Explanation{
		Race: string(res.Race), Bib: string(res.Bib), Name: res.Name, Wave: string(res.Wave), GunAt: timestamp(res.GunAt),
		GunRulingId: string(x.GunRuling), Status: notice.ToStatus(res.Status), Rule: res.Rule,
		Chips: convert(x.Chips, chipMessage), Reads: convert(x.Reads, judgedMessage), Rulings: convert(x.Rulings, standsMessage),
		GunTime: duration(res.Gun), NetTime: duration(res.Net), RankedTime: duration(x.Ranked),
		Gun: result.Shown(res.Gun, x.Race), Net: result.Shown(res.Net, x.Race), Ranked: result.Shown(x.Ranked, x.Race),
		Legs: notice.ToLegs(res, x.Race), RankVersion: ranks.Version,
	}
	if res.Penalty != 0 {
		message.Penalty = durationpb.New(res.Penalty)
	}
	for _, p := range x.Passings {
		message.Passings = append(message.Passings, passingMessage(x, p))
	}
	for _, a := range res.Anomalies {
		found := notice.ToAnomaly(a)
		found.Race, found.Bib = string(x.Race.ID), string(res.Bib)
		found.Point, found.FromPoint = x.Race.VisitName(a.Visit), x.Race.VisitName(a.FromVisit)
		message.Anomalies = append(message.Anomalies, found)
	}
	for _, r := range ranks.Lists {
		message.Ranks = append(message.Ranks, notice.ToListRank(r.List, r.Rank, r.Of))
	}
	// The standings may be of another version, with other legs.
	for i := range min(len(message.Legs), len(ranks.Legs)) {
		message.Legs[i].LegRank, message.Legs[i].RankAfter = int32(ranks.Legs[i].Rank), int32(ranks.Legs[i].After)
	}
	return message
}

func chipMessage(c explanation.Chip) *timingv1.ExplainedChip {
	return &timingv1.ExplainedChip{Chip: string(c.Chip), Leg: int32(c.Leg), Reads: int32(c.Reads)}
}

func judgedMessage(r explanation.Read) *timingv1.JudgedRead {
	message := &timingv1.JudgedRead{
		Read: readMessage(timing.Read(r.StoredRead)), Verdict: verdictMessage(r.Verdict), Point: string(r.Point), Backup: r.Backup,
		At: timestamppb.New(r.CorrectedAt.Time()), CountsAt: timestamp(r.CountsAt), Conflict: r.Conflict, Leg: int32(r.Leg),
	}
	if r.Visit != explanation.Nowhere {
		visit := int32(r.Visit)
		message.Visit = &visit
	}
	return message
}

func verdictMessage(v passing.Verdict) timingv1.Verdict {
	return timingv1.Verdict(timingv1.Verdict_value["VERDICT_"+v.String()])
}

func passingMessage(x *explanation.Explanation, p explanation.Passing) *timingv1.ExplainedPassing {
	visit := x.Race.Course[p.Visit]
	message := &timingv1.ExplainedPassing{
		Visit: int32(p.Visit), Point: string(visit.Point), AtMetres: float64(visit.AtMillimetres) / 1000,
		At: timestamppb.New(p.At.Time()), RulingId: string(p.Ruling),
		Gun: result.Shown(x.Result.GunTimeAt(p.At), x.Race), Net: result.Shown(x.Result.NetTimeAt(p.At, x.Race), x.Race),
	}
	if p.Read != explanation.Nowhere {
		read := int32(p.Read)
		message.Read = &read
	}
	return message
}

func standsMessage(r explanation.Ruling) *timingv1.ExplainedRuling {
	return &timingv1.ExplainedRuling{
		Ruling: RulingMessage(timing.RecordedRuling(r.RecordedRuling)), Stands: r.Stands, RevokedBy: string(r.RevokedBy),
	}
}

func duration(t racetime.Optional) *durationpb.Duration {
	if !t.Known {
		return nil
	}
	return durationpb.New(t.Time)
}

func unknownChipMessage(c timing.UnknownChip) *timingv1.UnknownChip {
	return &timingv1.UnknownChip{
		Chip: string(c.Chip), Reads: c.Reads, LastMat: string(c.LastMat), LastPoint: string(c.LastPoint),
		LastAt: timestamppb.New(c.LastAt.Time()), FirstAt: timestamppb.New(c.FirstAt.Time()),
	}
}
