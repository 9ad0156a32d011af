package standingsgrpc

import (
	"context"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/grpcserver"
	"raceday/services/rules/race"
	"raceday/services/rules/record"
	"raceday/services/standings"
)

// RecordCourseRecord enters a record of the course of a race.
func (s *Server) RecordCourseRecord(
	ctx context.Context, request *standingsv1.RecordCourseRecordRequest,
) (*standingsv1.RecordCourseRecordResponse, error) {
	entry, err := s.service.RecordCourseRecord(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()),
		standings.NewRecord{
			Race: race.ID(request.GetRace()), Leg: int(request.GetLeg()), Sex: sexOf(request.GetSex()),
			Time: timeOf(request.GetTime()), Holder: request.GetHolder(), Country: request.GetCountry(),
			Year:   int(request.GetYear()),
			Reason: request.GetReason(),
		})
	if err != nil {
		return nil, err
	}
	return &standingsv1.RecordCourseRecordResponse{Record: recordMessage(&entry)}, nil
}

// ImportCourseRecords enters records of any courses.
func (s *Server) ImportCourseRecords(
	ctx context.Context, request *standingsv1.ImportCourseRecordsRequest,
) (*standingsv1.ImportCourseRecordsResponse, error) {
	entries := make([]record.Record, len(request.GetRecords()))
	for i, m := range request.GetRecords() {
		entries[i] = record.Record{Run: record.Run{
			Key: keyOf(m), Year: int(m.GetYear()), Time: timeOf(m.GetTime()), Name: m.GetHolder(), Country: m.GetCountry(),
		}, Reason: m.GetReason()}
		entries[i].Leg = int(m.GetLeg())
	}
	done, err := s.service.ImportCourseRecords(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()), entries)
	if err != nil {
		return nil, err
	}
	return &standingsv1.ImportCourseRecordsResponse{
		Added: int32(done.Added), Stood: int32(done.Stood), Unused: unusedMessages(done.Unused),
	}, nil
}

// ListCourseRecords returns the records of the courses of races.
func (s *Server) ListCourseRecords(
	ctx context.Context, request *standingsv1.ListCourseRecordsRequest,
) (*standingsv1.ListCourseRecordsResponse, error) {
	records, err := s.service.CourseRecords(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()), request.GetHistory())
	if err != nil {
		return nil, err
	}
	response := &standingsv1.ListCourseRecordsResponse{}
	for i := range records {
		response.Records = append(response.Records, recordMessage(&records[i]))
	}
	return response, nil
}

// ImportEditions enters who won past editions.
func (s *Server) ImportEditions(
	ctx context.Context, request *standingsv1.ImportEditionsRequest,
) (*standingsv1.ImportEditionsResponse, error) {
	entries := make([]record.Winner, len(request.GetWinners()))
	for i, m := range request.GetWinners() {
		entries[i] = record.Winner{Run: record.Run{
			Key: keyOf(m), Year: int(m.GetYear()), Time: timeOf(m.GetTime()), Name: m.GetName(), Country: m.GetCountry(),
		}, Bib: race.Bib(m.GetBib()), Reason: m.GetReason()}
	}
	done, err := s.service.ImportEditions(ctx, grpcserver.ActorFrom(ctx).Name, race.EventID(request.GetEventId()), entries)
	if err != nil {
		return nil, err
	}
	return &standingsv1.ImportEditionsResponse{
		Added: int32(done.Added), Stood: int32(done.Stood), Unused: unusedMessages(done.Unused),
	}, nil
}

// ListEditions returns who won the past editions of races.
func (s *Server) ListEditions(
	ctx context.Context, request *standingsv1.ListEditionsRequest,
) (*standingsv1.ListEditionsResponse, error) {
	winners, err := s.service.Editions(ctx, race.EventID(request.GetEventId()), race.ID(request.GetRace()))
	if err != nil {
		return nil, err
	}
	return editionsResponse(winners), nil
}

// editionsResponse puts winners of one year of a course, which stand together, into one edition.
func editionsResponse(winners []record.Winner) *standingsv1.ListEditionsResponse {
	response := &standingsv1.ListEditionsResponse{}
	for i := range winners {
		w := &winners[i]
		if i == 0 || w.Year != winners[i-1].Year || w.Course != winners[i-1].Course ||
			w.DistanceMillimetres != winners[i-1].DistanceMillimetres {
			response.Editions = append(response.Editions, &standingsv1.Edition{
				Year: int32(w.Year), Course: string(w.Course), DistanceMetres: metresOf(w.DistanceMillimetres),
			})
		}
		edition := response.Editions[len(response.Editions)-1]
		edition.Winners = append(edition.Winners, &standingsv1.PastWinner{
			Year: int32(w.Year), Course: string(w.Course), DistanceMetres: metresOf(w.DistanceMillimetres), Sex: w.Sex.String(),
			Name: w.Name, Country: w.Country, Bib: string(w.Bib), Time: durationpb.New(w.Time), Reason: w.Reason,
		})
	}
	return response
}

func recordMessage(r *standings.CourseRecord) *standingsv1.CourseRecord {
	return &standingsv1.CourseRecord{
		Course: string(r.Course), DistanceMetres: metresOf(r.DistanceMillimetres), Sex: r.Sex.String(), Time: durationpb.New(r.Time),
		Holder: r.Name, Country: r.Country, Year: int32(r.Year), Reason: r.Reason, SetIn: string(r.SetIn), Number: r.Number,
		Actor: r.Actor, RecordedAt: timestamppb.New(r.At.Time()), Leg: int32(r.Leg),
	}
}

func unusedMessages(unused []record.Key) []*standingsv1.RecordedCourse {
	var messages []*standingsv1.RecordedCourse
	for _, k := range unused {
		messages = append(messages, &standingsv1.RecordedCourse{
			Course: string(k.Course), DistanceMetres: metresOf(k.DistanceMillimetres), Leg: int32(k.Leg),
		})
	}
	return messages
}

// markMessage returns nil for a row without a mark.
func markMessage(mark *standings.Mark) *standingsv1.RecordMark {
	if mark == nil {
		return nil
	}
	kind := standingsv1.RecordKind_RECORD_KIND_EQUALS
	if mark.Kind == record.Beats {
		kind = standingsv1.RecordKind_RECORD_KIND_BEATS
	}
	return &standingsv1.RecordMark{
		Kind: kind, Official: mark.Official, Record: mark.Shown(), Holder: mark.Record.Name, Year: int32(mark.Record.Year),
	}
}

// keyOf returns a key of which the rules then say what is wrong.
func keyOf(m interface {
	GetCourse() string
	GetDistanceMetres() float64
	GetSex() string
}) record.Key {
	return record.Key{
		Course: race.CourseID(m.GetCourse()), DistanceMillimetres: millimetresOf(m.GetDistanceMetres()), Sex: sexOf(m.GetSex()),
	}
}

// sexOf returns the unknown sex, which the rules refuse, for what is none.
func sexOf(text string) race.Sex {
	sex, _ := race.ParseSex(text)
	return sex
}

// timeOf returns a time that the rules refuse for none and for one too long to be held.
func timeOf(m *durationpb.Duration) time.Duration {
	if m.CheckValid() != nil {
		return 0
	}
	return m.AsDuration()
}

const longestMetres = 1e9

// millimetresOf returns a distance that the rules refuse for what is none in whole millimetres.
func millimetresOf(metres float64) int64 {
	millimetres := math.Round(metres * 1000)
	if !(metres > 0 && metres < longestMetres) || metres != millimetres/1000 { // not a number is neither
		return 0
	}
	return int64(millimetres)
}

func metresOf(millimetres int64) float64 { return float64(millimetres) / 1000 }
