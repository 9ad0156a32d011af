package standingsgrpc

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/notice"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// ListAnomalies returns what officials should look at.
func (s *Server) ListAnomalies(
	ctx context.Context, request *standingsv1.ListAnomaliesRequest,
) (*standingsv1.ListAnomaliesResponse, error) {
	page, next, err := s.service.ListAnomalies(ctx, anomalyQuery(request))
	if err != nil {
		return nil, err
	}
	return anomaliesResponse(page, next), nil
}

func anomalyQuery(request *standingsv1.ListAnomaliesRequest) standings.AnomalyQuery {
	q := standings.AnomalyQuery{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()), OpenOnly: request.GetOpenOnly(),
		PageSize: int(request.GetPageSize()), PageToken: request.GetPageToken(),
	}
	if request.GetKind() != standingsv1.AnomalyKind_ANOMALY_KIND_UNSPECIFIED {
		// A kind that this server does not know is nobody's.
		q.Kind = anomaly.Kind(strings.TrimPrefix(request.GetKind().String(), notice.AnomalyKindPrefix))
	}
	return q
}

func anomaliesResponse(page standings.AnomalyPage, next string) *standingsv1.ListAnomaliesResponse {
	response := &standingsv1.ListAnomaliesResponse{
		Total: int32(page.Total), Open: int32(page.Open), Version: page.Version, NextPageToken: next,
	}
	for i := range page.Anomalies {
		response.Anomalies = append(response.Anomalies, anomalyMessage(&page.Anomalies[i]))
	}
	return response
}

func anomalyMessage(a *standings.Anomaly) *standingsv1.Anomaly {
	message := notice.ToAnomaly(a.Anomaly)
	message.Race, message.Bib, message.Point, message.FromPoint = string(a.Race), string(a.Bib), a.Point, a.FromPoint
	if a.Conflict != nil {
		message.Conflict = &standingsv1.ReadConflict{Mat: string(a.Conflict.Mat), Boot: a.Conflict.Boot, Seq: a.Conflict.Seq}
		for _, read := range a.Conflict.Reads {
			message.Conflict.Reads = append(message.Conflict.Reads, &standingsv1.ConflictingRead{
				Chip: string(read.Chip), At: timestamppb.New(read.At.Time()),
			})
		}
	}
	return message
}
