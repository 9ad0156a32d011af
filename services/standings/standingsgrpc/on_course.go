package standingsgrpc

import (
	"context"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/standings"
)

// ListOnCourse returns everybody who is out on the course.
func (s *Server) ListOnCourse(
	ctx context.Context, request *standingsv1.ListOnCourseRequest,
) (*standingsv1.ListOnCourseResponse, error) {
	page, next, err := s.service.OnCourse(ctx, standings.CourseQuery{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()),
		PageSize: int(request.GetPageSize()), PageToken: request.GetPageToken(),
	})
	if err != nil {
		return nil, err
	}
	return &standingsv1.ListOnCourseResponse{
		Entrants: notice.ToOnCourse(page.Entrants, page.At), Total: int32(page.Total), Version: page.Version, NextPageToken: next,
	}, nil
}
