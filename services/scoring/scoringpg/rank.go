package scoringpg

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"raceday/services/rules/race"
	"raceday/services/scoring"
)

// Should a new one be stored already, or a changed one not, the scorer begins anew, from what is stored.
const insertRanks = `
INSERT INTO standings.ranks (event, race, list, entrant, rank, time_us)
SELECT @event, @race, @list, r.entrant, r.rank, r.time_us
FROM unnest(@entrant::bigint[], @rank::integer[], @time_us::bigint[]) AS r (entrant, rank, time_us)`

const updateRanks = `
UPDATE standings.ranks AS stored
SET rank = r.rank, time_us = r.time_us
FROM unnest(@entrant::bigint[], @rank::integer[], @time_us::bigint[]) AS r (entrant, rank, time_us)
WHERE stored.event = @event
  AND stored.race = @race
  AND stored.list = @list
  AND stored.entrant = r.entrant`

const deleteRanks = `
DELETE FROM standings.ranks
WHERE event = @event
  AND race = @race
  AND list = @list
  AND entrant = ANY (@entrant)`

const upsertLists = `
INSERT INTO standings.lists (event, race, list, version, ranked)
SELECT @event, l.race, l.list, @version, l.ranked
FROM unnest(@race::text[], @list::text[], @ranked::integer[]) AS l (race, list, ranked)
ON CONFLICT ON CONSTRAINT lists_pkey DO UPDATE
SET version = excluded.version, ranked = excluded.ranked`

// Lists that did not change are exact as well.
const advanceLists = `
UPDATE standings.lists AS stored
SET version = @version
WHERE stored.event = @event
  AND stored.version < @version
  AND NOT EXISTS (
      SELECT
      FROM unnest(@race::text[], @list::text[]) AS behind (race, list)
      WHERE behind.race = stored.race
        AND behind.list = stored.list)`

func queueRanks(batch *pgx.Batch, c scoring.Commit) {
	for _, list := range c.Lists {
		if len(list.Removed) > 0 {
			batch.Queue(deleteRanks, pgx.StrictNamedArgs{
				"event": c.From.Event, "race": list.Race, "list": list.List, "entrant": list.Removed})
		}
		for some := range slices.Chunk(list.New, statementRows) {
			batch.Queue(insertRanks, rankArguments(c, list.ListKey, some))
		}
		for some := range slices.Chunk(list.Put, statementRows) {
			batch.Queue(updateRanks, rankArguments(c, list.ListKey, some)).Exec(wantRows(len(some)))
		}
	}
	if len(c.Lists) > 0 {
		batch.Queue(upsertLists, pgx.StrictNamedArgs{
			"event": c.From.Event, "version": c.To.Version,
			"race":   column(c.Lists, func(l scoring.ListChange) race.ID { return l.Race }),
			"list":   column(c.Lists, func(l scoring.ListChange) string { return l.List }),
			"ranked": column(c.Lists, func(l scoring.ListChange) int { return l.Ranked }),
		})
	}
	if c.Exact {
		batch.Queue(advanceLists, pgx.StrictNamedArgs{
			"event": c.From.Event, "version": c.To.Version,
			"race": column(c.Behind, func(l scoring.ListKey) race.ID { return l.Race }),
			"list": column(c.Behind, func(l scoring.ListKey) string { return l.List }),
		})
	}
}

func rankArguments(c scoring.Commit, of scoring.ListKey, ranks []scoring.Rank) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"event": c.From.Event, "race": of.Race, "list": of.List,
		"entrant": column(ranks, func(r scoring.Rank) int64 { return int64(r.Entrant) }),
		"rank":    column(ranks, func(r scoring.Rank) int { return r.Rank }),
		"time_us": column(ranks, func(r scoring.Rank) int64 { return r.Time.Microseconds() }),
	}
}
