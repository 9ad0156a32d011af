package standingsgrpc_test

import (
	"testing"
	"time"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/passing"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
)

func TestListOnCourse(t *testing.T) {
	t.Parallel()
	out := func(id race.EntrantID, bib race.Bib, name string, passings ...passing.Passing) result.Result {
		return result.Result{
			Entrant: id, Race: "ten", Bib: bib, Name: name, Wave: "A", Status: result.Started, GunAt: gun, Passings: passings,
			Lists: []string{"overall", ""},
		}
	}
	// One takes 25 minutes to k5 where the winner took 15; one was never seen again after the start.
	late := out(1, "7", "Aru", passing.Passing{Visit: 0, At: gun}, passing.Passing{Visit: 1, At: gun.Add(25 * time.Minute)})
	lost := out(2, "8", "Ben", passing.Passing{Visit: 0, At: gun.Add(time.Minute)})
	b := tenKm(late, lost, winner3())
	b.event.Mats = []race.Mat{{ID: "line-a", Point: "line"}, {ID: "k5-a", Point: "k5"}}
	b.event.Races[0].Course[1].AtMillimetres = 5_000_000
	client := dial(t, b)
	first, err := client.ListOnCourse(t.Context(), &standingsv1.ListOnCourseRequest{EventId: "almaty-2025", PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"total": 2, "version": 7, "nextPageToken": "`+first.GetNextPageToken()+`", "entrants": [
		{"race": "ten", "bib": "8", "name": "Ben", "wave": "A", "status": "STATUS_STARTED", "lastPoint": "line", "lastAt": "2025-09-28T02:01:00Z",
		 "nextVisit": 1, "nextPoint": "k5", "expectedAt": "2025-09-28T02:16:00Z", "overdue": "1440s"}]}`, first)
	second, err := client.ListOnCourse(t.Context(),
		&standingsv1.ListOnCourseRequest{EventId: "almaty-2025", PageSize: 1, PageToken: first.GetNextPageToken()})
	if err != nil {
		t.Fatal(err)
	}
	want(t, `{"total": 2, "version": 7, "entrants": [
		{"race": "ten", "bib": "7", "name": "Aru", "wave": "A", "status": "STATUS_STARTED", "lastVisit": 1, "lastPoint": "k5", "lastAt": "2025-09-28T02:25:00Z",
		 "nextVisit": 2, "nextPoint": "line", "expectedAt": "2025-09-28T02:50:00Z"}]}`, second)
}

// winner3 is the winner as entrant 3.
func winner3() result.Result {
	r := winner()
	r.Entrant, r.Bib = 3, "9"
	return r
}
