package notice

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/oncourse"
	"raceday/services/rules/racetime"
)

// ToOnCourse puts entrants on the course on the wire, with how long overdue each is at an instant.
func ToOnCourse(entrants []oncourse.Entrant, now racetime.Instant) []*standingsv1.OnCourse {
	var messages []*standingsv1.OnCourse
	for i := range entrants {
		e := &entrants[i]
		message := &standingsv1.OnCourse{
			Race: string(e.Race), Bib: string(e.Bib), Name: e.Name, Wave: string(e.Wave), Status: ToStatus(e.Status),
			LastVisit: int32(e.LastVisit), LastPoint: string(e.LastPoint), LastAt: timestamppb.New(e.LastAt.Time()),
			NextVisit: int32(e.NextVisit), NextPoint: string(e.NextPoint),
		}
		if e.ExpectedAt != 0 {
			message.ExpectedAt = timestamppb.New(e.ExpectedAt.Time())
		}
		if overdue := e.Overdue(now); overdue > 0 {
			message.Overdue = durationpb.New(overdue)
		}
		messages = append(messages, message)
	}
	return messages
}
