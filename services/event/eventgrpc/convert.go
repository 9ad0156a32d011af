package eventgrpc

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/event"
	"raceday/services/fault"
)

func errSourceMissing() error {
	return event.ErrInvalid.With(fault.Violation{
		Path: "event", Reason: "SOURCE_MISSING", Message: "is missing, and there is no file either",
	})
}

func applyResponse(applied event.Applied) *eventv1.ApplyEventResponse {
	return &eventv1.ApplyEventResponse{
		EventId: string(applied.ID), Version: applied.Version, Changed: applied.Changed,
	}
}

func getResponse(v event.Version) *eventv1.GetEventResponse {
	return &eventv1.GetEventResponse{
		Event: event.ToMessage(v.Event), Version: v.Number, AppliedAt: timestamppb.New(v.AppliedAt.Time()),
	}
}

func listResponse(list []event.Summary, next string) *eventv1.ListEventsResponse {
	response := &eventv1.ListEventsResponse{NextPageToken: next}
	for _, e := range list {
		summary := &eventv1.EventSummary{EventId: string(e.ID), Name: e.Name, Day: e.Day.String(), Version: e.Version}
		for _, id := range e.Races {
			summary.Races = append(summary.Races, string(id))
		}
		response.Events = append(response.Events, summary)
	}
	return response
}
