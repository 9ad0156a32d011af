package standings_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// TestReadersNeverSeeHalfAChange lets readers page, ask and watch while the leader changes with every version: the bib
// that leads is that of the version. The race detector watches over the rest; a ruling makes the order a computed one.
func TestReadersNeverSeeHalfAChange(t *testing.T) {
	t.Parallel()
	const teams, versions = 5, 300
	at := func(version int64) []result.Result {
		var results []result.Result
		for id := int64(1); id <= teams; id++ {
			place := (id - version%teams + teams) % teams
			r := finished(runner(race.EntrantID(id), "relay", race.Bib(fmt.Sprint(id)), result.Finished, second, 0, 0,
				time.Hour+time.Duration(place)*second))
			r.Lists = []string{"overall"}
			if place == 2 {
				r.Before = []race.Bib{race.Bib(fmt.Sprint(id%teams + 1))}
			}
			results = append(results, r)
		}
		return results
	}
	leader := func(version int64) race.Bib {
		for _, r := range at(version) {
			if r.Gun.Time == time.Hour {
				return r.Bib
			}
		}
		return ""
	}
	b := standings.NewBoard(relay(), 1, at(1))
	check := func(version int64, rows []standings.Row) {
		for i, row := range rows {
			if row.Rank == 1 && row.Result.Bib != leader(version) || i == 0 && row.Rank != 1 {
				t.Errorf("at version %d row %d is bib %s on rank %d, want bib %s to lead", version, i, row.Result.Bib, row.Rank, leader(version))
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				page, err := b.Page("relay", "", 0, 0)
				if err != nil {
					t.Error(err)
				}
				check(page.Version, page.Rows)
				if _, err := b.Entrant("3"); err != nil {
					t.Error(err)
				}
			}
		})
		readers.Go(func() {
			seen := int64(0)
			err := b.Watch(t.Context(), standings.Watching{Race: "relay", Top: 2}, func(u standings.Update) error {
				if u.Snapshot {
					check(u.Version, u.Rows)
				}
				seen = u.Version
				return nil
			})
			if !errors.Is(err, standings.ErrStopping) || seen == 0 {
				t.Errorf("the watch ends at version %d with %v", seen, err)
			}
		})
	}
	for version := int64(2); version <= versions; version++ {
		b.Apply(version, at(version), nil)
	}
	b.Close()
	cancel()
	readers.Wait()
}
