package main

import (
	"context"

	"google.golang.org/grpc"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/ruling"
	"raceday/services/timing/timinggrpc"
)

// standing are the rulings of an event that stand, all of them in the order of recording, and as the server has them by id.
type standing struct {
	rulings []ruling.Ruling
	all     []ruling.Ruling
	byID    map[ruling.ID]*timingv1.Ruling
}

// rulingsPage is how many rulings a page has.
const rulingsPage = 1000

// standingRulings asks for all rulings of an event: a revocation may name no race.
func standingRulings(ctx context.Context, conn *grpc.ClientConn, event string) (standing, error) {
	var all []ruling.Ruling
	s := standing{byID: map[ruling.ID]*timingv1.Ruling{}}
	for request := (&timingv1.ListRulingsRequest{EventId: event, PageSize: rulingsPage}); ; {
		page, err := timingv1.NewTimingServiceClient(conn).ListRulings(ctx, request)
		if err != nil {
			return standing{}, err
		}
		for _, message := range page.GetRulings() {
			r := timinggrpc.RulingOf(message)
			all, s.byID[r.ID] = append(all, r), message
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			s.rulings, s.all = ruling.Standing(all), all
			return s, nil
		}
	}
}

// closeOf returns the first ruling that closes a race, nil where it is open.
func (s standing) closeOf(raceID string) *timingv1.Ruling {
	for _, r := range s.rulings {
		if r.Kind == ruling.Close && string(r.Race) == raceID {
			return s.byID[r.ID]
		}
	}
	return nil
}

// guns returns the gun that stands for a wave, or for each wave of a race where none is named.
func (s standing) guns(of *race.Race, wave string) []waveGun {
	ruled := ruling.ForRace(s.rulings, of)
	var guns []waveGun
	for i := range of.Waves {
		if w := &of.Waves[i]; wave == "" || wave == string(w.ID) {
			guns = append(guns, waveGun{w.ID, ruled.GunOf(w)})
		}
	}
	return guns
}
