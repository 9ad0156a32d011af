package timinggrpc

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/access"
	"raceday/services/grpcserver"
	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/timing"
)

// course has one entrant on it, or cannot be asked.
type course struct{ away bool }

func (c course) OnCourse(context.Context, race.EventID, race.ID) ([]oncourse.Entrant, error) {
	if c.away {
		return nil, errors.New("standings are away")
	}
	return []oncourse.Entrant{{
		Race: "marathon", Bib: "7", Name: "Aru", Wave: "A", Status: result.DSQ, LastVisit: 1, LastPoint: "k5", LastAt: 1_758_999_000_000_000,
		NextVisit: 2, NextPoint: "k10", ExpectedAt: 1_758_999_940_000_000,
	}}, nil
}

func TestACloseOverGRPC(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	ctx := grpcserver.WithActor(t.Context(), access.Actor{Name: "referee"})
	closing := func(id string, away bool) *timingv1.RecordRulingResponse {
		t.Helper()
		server.service = timing.New(timing.Dependencies{
			Store: server.store, Events: events{}, Course: course{away}, Roster: everybody{}, ChipReads: server.store,
			Now: func() time.Time { return time.UnixMicro(1_759_000_000_000_000) },
		})
		answer, err := server.RecordRuling(ctx, &timingv1.RecordRulingRequest{EventId: string(event), Ruling: &timingv1.Ruling{
			Id: id, Race: "marathon", Kind: timingv1.RulingKind_RULING_KIND_CLOSE,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	answer := closing("c-1", false)
	want := &timingv1.RecordRulingResponse{}
	err := protojson.Unmarshal([]byte(`{"recorded": true, "stillOutTotal": 1, "stillOut": [
		{"race": "marathon", "bib": "7", "name": "Aru", "wave": "A", "status": "STATUS_DSQ", "lastVisit": 1, "lastPoint": "k5",
		 "lastAt": "2025-09-27T18:50:00Z", "nextVisit": 2, "nextPoint": "k10",
		 "expectedAt": "2025-09-27T19:05:40Z", "overdue": "60s"}]}`), want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, answer, protocmp.Transform(), protocmp.IgnoreFields(want, "ruling")); diff != "" {
		t.Errorf("closed (-want +got)\n%s", diff)
	}
	if answer := closing("c-1", false); answer.GetRecorded() || len(answer.GetStillOut()) > 0 {
		t.Errorf("the same close again: %v, want nobody", answer)
	}
	answer = closing("c-2", true)
	if warnings := answer.GetWarnings(); len(warnings) != 1 || warnings[0].GetReason() != "ALREADY_CLOSED" || warnings[0].GetRulingId() != "c-2" {
		t.Errorf("closed again: %v, want a warning", warnings)
	}
	if !answer.GetRecorded() || !answer.GetStillOutUnknown() {
		t.Errorf("closed while the standings are away: %v, want it recorded and those out unknown", answer)
	}
}
