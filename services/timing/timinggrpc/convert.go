package timinggrpc

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/fault"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
	"raceday/services/timing"
)

// kindPrefix is what the contract puts before the name of a kind.
const kindPrefix = "RULING_KIND_"

func gunFrom(request *timingv1.FireGunRequest) (timing.Gun, error) {
	at, err := instantFrom(request.GetAt())
	if err != nil {
		return timing.Gun{}, timing.ErrRulingInvalid.With(instantInvalid("at"))
	}
	return timing.Gun{
		RequestID: ruling.ID(request.GetRequestId()), Race: race.ID(request.GetRace()),
		Wave: race.WaveID(request.GetWave()), At: at, OnlyCheck: request.GetOnlyCheck(),
	}, nil
}

// rulingFrom takes what the client may set; a kind that is none is left to the rules. The path leads to the ruling.
func rulingFrom(message *timingv1.Ruling, path string) (ruling.Ruling, []fault.Violation) {
	var violations []fault.Violation
	at, err := instantFrom(message.GetAt())
	if err != nil {
		violations = append(violations, instantInvalid(path+".at"))
	}
	decidedAt, err := instantFrom(message.GetDecidedAt())
	if err != nil {
		violations = append(violations, instantInvalid(path+".decided_at"))
	}
	duration := message.GetDuration()
	if duration != nil && duration.CheckValid() != nil {
		violations = append(violations, fault.Violation{
			Path: path + ".duration", Reason: "DURATION_INVALID", Message: "is no duration",
		})
	}
	return ruling.Ruling{
		ID: ruling.ID(message.GetId()), Race: race.ID(message.GetRace()), Bib: race.Bib(message.GetBib()),
		Kind:   ruling.Kind(strings.TrimPrefix(message.GetKind().String(), kindPrefix)),
		Target: message.GetTarget(), Point: message.GetPoint(), At: at,
		Duration: duration.AsDuration().Truncate(time.Microsecond),
		Rule:     message.GetRule(), Reason: message.GetReason(), By: message.GetBy(), DecidedAt: decidedAt,
	}, violations
}

// RulingOf returns a ruling from its wire form as a server sends it.
func RulingOf(message *timingv1.Ruling) ruling.Ruling {
	r, _ := rulingFrom(message, "")
	return r
}

func instantInvalid(path string) fault.Violation {
	return fault.Violation{Path: path, Reason: "AT_INVALID", Message: timing.ErrInstantInvalid.Error()}
}

func readFilterFrom(request *timingv1.ListReadsRequest) timing.ReadFilter {
	return timing.ReadFilter{
		Mat: race.MatID(request.GetMat()), Chip: race.Chip(request.GetChip()), ConflictsOnly: request.GetConflictsOnly(),
	}
}

func pageFrom(request interface {
	GetPageSize() int32
	GetPageToken() string
}) timing.Page {
	return timing.Page{Size: int(request.GetPageSize()), Token: request.GetPageToken()}
}

// instantFrom returns zero where the field is unset.
func instantFrom(at *timestamppb.Timestamp) (racetime.Instant, error) {
	if at == nil {
		return 0, nil
	}
	return timing.InstantOf(at)
}

func timestamp(at racetime.Instant) *timestamppb.Timestamp {
	if at == 0 {
		return nil
	}
	return timestamppb.New(at.Time())
}

// RulingMessage returns the wire form of a ruling; what the server sets is left out where it is not known.
func RulingMessage(r timing.RecordedRuling) *timingv1.Ruling {
	message := &timingv1.Ruling{
		Id: string(r.ID), Race: string(r.Race), Bib: string(r.Bib),
		Kind:   timingv1.RulingKind(timingv1.RulingKind_value[kindPrefix+string(r.Kind)]),
		Target: r.Target, Point: r.Point, At: timestamp(r.At), Rule: r.Rule, Reason: r.Reason, By: r.By,
		DecidedAt: timestamp(r.DecidedAt), RecordedAt: timestamp(r.RecordedAt), Change: r.Change,
	}
	if r.Duration != 0 {
		message.Duration = durationpb.New(r.Duration)
	}
	return message
}

func warningMessage(w timing.Warning) *timingv1.RulingWarning {
	return &timingv1.RulingWarning{RulingId: string(w.RulingID), Field: w.Field, Reason: w.Reason, Message: w.Message}
}

func readMessage(r timing.Read) *timingv1.StoredRead {
	message := &timingv1.StoredRead{
		Mat: string(r.Mat), Boot: r.Boot, Seq: r.Seq, Chip: string(r.Chip), At: timestamppb.New(r.At.Time()),
		ArrivedAt: timestamppb.New(r.ArrivedAt.Time()),
	}
	if r.HasRSSI {
		message.Rssi = &r.RSSIDBm
	}
	if r.HasAntenna {
		message.Antenna = &r.Antenna
	}
	return message
}

func rejectedMessage(r timing.RecordedRejected) *timingv1.RejectedMessage {
	return &timingv1.RejectedMessage{
		Subject: r.Subject, StreamSequence: r.Sequence, ReadIndex: int32(r.Index), Reason: r.Reason, Data: r.Data,
		ArrivedAt: timestamppb.New(r.ArrivedAt.Time()),
	}
}

func convert[From, To any](list []From, one func(From) To) []To {
	converted := make([]To, len(list))
	for i, item := range list {
		converted[i] = one(item)
	}
	return converted
}
