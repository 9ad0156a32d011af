package standingsgrpc

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/standings"
)

func query(request *standingsv1.GetStandingsRequest) standings.Query {
	return standings.Query{
		Event:     race.EventID(request.GetEventId()),
		Race:      race.ID(request.GetRace()),
		List:      request.GetList(),
		PageSize:  int(request.GetPageSize()),
		PageToken: request.GetPageToken(),
		Order:     listOrder(request.GetOrder()),
		Around:    race.Bib(request.GetAround()),
	}
}

func listOrder(order standingsv1.StandingsOrder) standings.Order {
	if order == standingsv1.StandingsOrder_STANDINGS_ORDER_LIVE {
		return standings.Live
	}
	return standings.RankedFirst
}

func watching(request *standingsv1.WatchStandingsRequest) standings.Watching {
	return standings.Watching{
		Race:          race.ID(request.GetRace()),
		List:          request.GetList(),
		Order:         listOrder(request.GetOrder()),
		Top:           int(request.GetTop()),
		Around:        race.Bib(request.GetAround()),
		ResumeVersion: request.GetResumeVersion(),
	}
}

func export(request *standingsv1.ExportResultsRequest) standings.Export {
	e := standings.Export{
		Event: race.EventID(request.GetEventId()),
		File:  exportFile(request.GetFile()),
		Race:  race.ID(request.GetRace()),
		List:  request.GetList(),
		Bib:   race.Bib(request.GetBib()),
	}
	if p := request.GetPublished(); p != nil {
		e.Published = &standings.OfficialName{Race: race.ID(p.GetRace()), List: p.GetList(), Number: int(p.GetNumber())}
	}
	return e
}

func exportFile(file standingsv1.ExportFile) standings.File {
	switch file {
	case standingsv1.ExportFile_EXPORT_FILE_LEGS_CSV:
		return standings.LegsCSV
	case standingsv1.ExportFile_EXPORT_FILE_RESULTS_JSON:
		return standings.ResultsJSON
	case standingsv1.ExportFile_EXPORT_FILE_RESULTS_XLSX:
		return standings.Workbook
	case standingsv1.ExportFile_EXPORT_FILE_LISTS_CSV:
		return standings.ListsCSV
	case standingsv1.ExportFile_EXPORT_FILE_SHEET_PDF:
		return standings.SheetPDF
	case standingsv1.ExportFile_EXPORT_FILE_CERTIFICATE_PDF:
		return standings.CertificatePDF
	default:
		return standings.ResultsCSV
	}
}

// standing returns a row, with an estimate where it has not passed at an instant.
func standing(row standings.Row, at racetime.Instant) *standingsv1.Standing {
	r := row.Result
	message := &standingsv1.Standing{
		Rank:      int32(row.Rank),
		Bib:       string(r.Bib),
		Name:      r.Name,
		Sex:       r.Sex.String(),
		Country:   r.Country,
		Club:      r.Club,
		Category:  r.Category,
		AgeGroup:  r.AgeGroup,
		Wave:      string(r.Wave),
		Status:    notice.ToStatus(r.Status),
		Rule:      r.Rule,
		Gun:       row.Gun(),
		Net:       row.Net(),
		Ranked:    row.Ranked(),
		Penalty:   row.Penalty(),
		LastVisit: -1,
		LiveRank:  int32(row.LiveRank),
		Record:    markMessage(row.Mark),
	}
	if finishAt, ranked, ok := row.Estimate(at); ok {
		message.EstimatedFinishAt, message.EstimatedTime = timestamppb.New(finishAt.Time()), ranked
	}
	if t := row.RankedTime(); t.Known {
		message.RankedTime = durationpb.New(t.Time)
	}
	if t := row.LastTime(); t.Known {
		message.LastTime = durationpb.New(t.Time)
	}
	if visit, point, at, ok := row.LastVisit(); ok {
		message.LastVisit, message.LastPoint, message.LastAt = int32(visit), string(point), timestamppb.New(at.Time())
	}
	return message
}

func standingRows(rows []standings.Row, at racetime.Instant) []*standingsv1.Standing {
	messages := make([]*standingsv1.Standing, len(rows))
	for i, row := range rows {
		messages[i] = standing(row, at)
	}
	return messages
}

func resultResponse(entrant standings.EntrantResult) *standingsv1.GetResultResponse {
	response := &standingsv1.GetResultResponse{
		Race:     string(entrant.Row.Result.Race),
		Standing: standing(entrant.Row, entrant.At),
		Version:  entrant.Version,
		Splits:   make([]*standingsv1.Split, 0, len(entrant.Splits)),
		Ranks:    make([]*standingsv1.ListRank, 0, len(entrant.Ranks)),
	}
	for _, s := range entrant.Splits {
		split := &standingsv1.Split{
			Visit:    int32(s.Visit),
			Point:    string(s.Point),
			At:       timestamppb.New(s.At.Time()),
			Net:      s.Net,
			Gun:      s.Gun,
			AtMetres: float64(s.AtMillimetres) / 1000,
		}
		if s.ExactPace.Known {
			split.Pace = durationpb.New(s.ExactPace.Time)
		}
		response.Splits = append(response.Splits, split)
	}
	for _, r := range entrant.Ranks {
		response.Ranks = append(response.Ranks, &standingsv1.ListRank{List: r.List, Rank: int32(r.Rank), Of: int32(r.Of)})
	}
	for i := range entrant.Legs {
		response.Legs = append(response.Legs, legResult(&entrant.Legs[i]))
	}
	return response
}

func progressResponse(counts []standings.Progress, version int64) *standingsv1.GetProgressResponse {
	response := &standingsv1.GetProgressResponse{Version: version}
	for _, c := range counts {
		response.Races = append(response.Races, &standingsv1.RaceProgress{
			Race:       string(c.Race),
			Entered:    int32(c.Entered),
			NotStarted: int32(c.NotStarted),
			Started:    int32(c.Started),
			OnCourse:   int32(c.OnCourse),
			Finished:   int32(c.Finished),
			Out:        int32(c.Out),
		})
	}
	return response
}

func listsResponse(lists []standings.ListSummary) *standingsv1.ListListsResponse {
	response := &standingsv1.ListListsResponse{}
	for _, l := range lists {
		response.Lists = append(response.Lists, &standingsv1.ListSummary{
			List: l.Name, Ranked: int32(l.Ranked), OnCourse: int32(l.OnCourse),
		})
	}
	return response
}

func differenceResponse(d standings.Difference) *standingsv1.RebuildResponse {
	return &standingsv1.RebuildResponse{Item: &standingsv1.RebuildResponse_Difference{
		Difference: &standingsv1.RebuildDifference{
			Table:    d.Table,
			Race:     string(d.Race),
			Bib:      string(d.Bib),
			Item:     d.Item,
			Stored:   d.Stored,
			Computed: d.Computed,
		},
	}}
}

func summaryResponse(s standings.RebuildSummary) *standingsv1.RebuildResponse {
	return &standingsv1.RebuildResponse{Item: &standingsv1.RebuildResponse_Summary{
		Summary: &standingsv1.RebuildSummary{
			Reads: s.Reads, Entrants: s.Entrants, Differences: s.Differences, Version: s.Version,
		},
	}}
}
