package registrationpg

import (
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

const updateRaces = `
UPDATE registration.races AS r
SET taken = r.taken + d.taken, waiting = r.waiting + d.waiting,
    capacity = CASE WHEN d.decided THEN nullif(d.capacity, 0) ELSE r.capacity END,
    taking = CASE WHEN d.decided THEN d.taking ELSE r.taking END
FROM unnest(@races::text[], @taken::integer[], @waiting::integer[], @decided::boolean[], @capacities::integer[],
    @taking::text[]) AS d (race, taken, waiting, decided, capacity, taking)
WHERE r.event = @event
  AND r.race = d.race`

const insertRaceChanges = `
INSERT INTO registration.race_changes (
    event, race, action, actor, reason, at, capacity_before, capacity_after, taking_before, taking_after)
VALUES (@event, @race, @action, @actor, @reason, @at, nullif(@capacity_before, 0), nullif(@capacity_after, 0),
    @taking_before, @taking_after)`

const insertRequests = `
INSERT INTO registration.requests (event, request_id, digest, entrant)
SELECT @event, r.request_id, r.digest, nullif(r.entrant, 0)
FROM unnest(@request_ids::text[], @digests::bytea[], @entrants::bigint[]) AS r (request_id, digest, entrant)
ORDER BY r.request_id`

const insertPayments = `
INSERT INTO registration.payments (event, payment, entrant, amount_minor, refund_due, received_at, actor)
SELECT @event, p.payment, p.entrant, p.amount_minor, p.refund_due, p.received_at, p.actor
FROM unnest(@payments::text[], @entrants::bigint[], @amounts::bigint[], @refund_due::boolean[],
    @received_at::timestamptz[], @actors::text[]) AS p (payment, entrant, amount_minor, refund_due, received_at, actor)
ORDER BY p.payment`

const updateRefunds = `
UPDATE registration.payments
SET refund_due = true
WHERE event = @event
  AND entrant = ANY (@entrants)`

// countsChange is how a race's places change.
type countsChange struct {
	taken, waiting int
	// decided is what an operator made of them, nil where nobody did.
	decided *registration.Places
}

func (w *writing) countsOf(id race.ID) *countsChange {
	c := w.counts[id]
	if c == nil {
		c = &countsChange{}
		w.counts[id] = c
	}
	return c
}

// count adds an entry to the places of its race, or with a negative n takes it away.
func (w *writing) count(e *registration.Entry, n int) {
	switch {
	case e == nil:
	case e.State.HasPlace():
		w.countsOf(e.Race).taken += n
	case e.State == registration.Waitlisted:
		w.countsOf(e.Race).waiting += n
	}
}

func (w *writing) changeRace(c *registration.RaceChange) { w.countsOf(c.After.Race).decided = &c.After }

func (w *writing) queueCounts() {
	var races, taking []string
	var taken, waiting, capacities []int
	var decided []bool
	for id, c := range w.counts {
		if c.taken == 0 && c.waiting == 0 && c.decided == nil {
			continue
		}
		races, taken, waiting = append(races, string(id)), append(taken, c.taken), append(waiting, c.waiting)
		places := registration.Places{}
		if c.decided != nil {
			places = *c.decided
		}
		decided = append(decided, c.decided != nil)
		capacities, taking = append(capacities, capacityOf(places)), append(taking, string(places.Taking))
	}
	if len(races) > 0 {
		w.batch.Queue(updateRaces, pgx.StrictNamedArgs{
			"event": w.event, "races": races, "taken": taken, "waiting": waiting, "decided": decided,
			"capacities": capacities, "taking": taking,
		})
	}
}

// capacityOf is zero where there is no limit.
func capacityOf(p registration.Places) int {
	if !p.Limited {
		return 0
	}
	return p.Capacity
}

func (w *writing) queueRaceChanges(changes []registration.RaceChange) {
	for _, c := range changes {
		w.batch.Queue(insertRaceChanges, pgx.StrictNamedArgs{
			"event": w.event, "race": c.After.Race, "action": c.Cause.Action, "actor": c.Cause.Actor,
			"reason": c.Cause.Reason, "at": c.Cause.At,
			"capacity_before": capacityOf(c.Before), "capacity_after": capacityOf(c.After),
			"taking_before": c.Before.Taking, "taking_after": c.After.Taking,
		})
	}
}

func (w *writing) queueRequests(requests []registration.Request) {
	if len(requests) == 0 {
		return
	}
	ids, digests, entrants := make([]string, len(requests)), make([][]byte, len(requests)), make([]int64, len(requests))
	for i := range requests {
		ids[i], digests[i], entrants[i] = requests[i].ID, requests[i].Digest[:], int64(requests[i].Entrant)
	}
	w.batch.Queue(insertRequests, pgx.StrictNamedArgs{
		"event": w.event, "request_ids": ids, "digests": digests, "entrants": entrants,
	})
}

func (w *writing) queuePayments(changes *registration.Changes) {
	if len(changes.Refunds) > 0 { // What is paid after that counts anew.
		w.batch.Queue(updateRefunds, pgx.StrictNamedArgs{"event": w.event, "entrants": changes.Refunds})
	}
	if n := len(changes.Payments); n > 0 {
		columns := pgx.StrictNamedArgs{"event": w.event}
		ids, entrants, amounts := make([]string, n), make([]int64, n), make([]int64, n)
		refundDue, received, actors := make([]bool, n), make([]time.Time, n), make([]string, n)
		for i, p := range changes.Payments {
			ids[i], entrants[i], amounts[i] = string(p.ID), int64(p.Entrant), p.AmountMinor
			refundDue[i], received[i], actors[i] = p.RefundDue, p.At, p.Actor
		}
		columns["payments"], columns["entrants"], columns["amounts"] = ids, entrants, amounts
		columns["refund_due"], columns["received_at"], columns["actors"] = refundDue, received, actors
		w.batch.Queue(insertPayments, columns)
	}
}
