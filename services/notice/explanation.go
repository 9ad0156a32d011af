package notice

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// AnomalyKindPrefix is what the contract writes before the name of a kind.
const AnomalyKindPrefix = "ANOMALY_KIND_"

// ToAnomaly puts what officials should look at on the wire. Whose it is, and the names of its points, are the caller's to
// add.
func ToAnomaly(a anomaly.Anomaly) *standingsv1.Anomaly {
	message := &standingsv1.Anomaly{
		Kind:  standingsv1.AnomalyKind(standingsv1.AnomalyKind_value[AnomalyKindPrefix+string(a.Kind)]),
		Visit: toVisit(a.Visit), At: toInstant(a.At), FromVisit: toVisit(a.FromVisit), FromAt: toInstant(a.FromAt),
		Leg: int32(a.Leg), Information: a.Kind.Information(), DealtBy: a.DealtBy,
	}
	if a.Time != 0 {
		message.Time = durationpb.New(a.Time)
	}
	return message
}

func toVisit(visit int) *int32 {
	if visit == anomaly.Nowhere {
		return nil
	}
	v := int32(visit)
	return &v
}

func toInstant(at racetime.Instant) *timestamppb.Timestamp {
	if at == 0 {
		return nil
	}
	return timestamppb.New(at.Time())
}

// ToLegs puts a team's legs on the wire, without their ranks.
func ToLegs(res *result.Result, r *race.Race) []*standingsv1.LegResult {
	var legs []*standingsv1.LegResult
	for i, shown := range res.ShowLegs(r) {
		leg := &res.Legs[i]
		message := &standingsv1.LegResult{
			Leg: int32(leg.Number), MemberBib: string(leg.MemberBib), MemberName: leg.MemberName, LegTime: shown.Time,
			Cumulative: shown.Cumulative, NotCompleted: leg.NotCompleted,
		}
		if runner, registered := res.Runner(leg); !registered {
			message.RanBy, message.RanByBib, message.RanByName = int32(leg.RanBy), string(runner.MemberBib), runner.MemberName
		}
		legs = append(legs, message)
	}
	return legs
}

// ToListRank puts a rank in a list, out of so many, on the wire.
func ToListRank(list string, rank, of int) *standingsv1.ListRank {
	return &standingsv1.ListRank{List: list, Rank: int32(rank), Of: int32(of)}
}
