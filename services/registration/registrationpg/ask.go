package registrationpg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// What is asked for is looked for one by one: without statistics the server would go through all of an event.
const selectRegistrations = `
SELECT e.entry, e.members
FROM unnest(@request_ids::text[]) AS asked (request_id)
CROSS JOIN LATERAL (SELECT w.entry, w.members
                    FROM registration.whole_entries AS w
                    WHERE w.event = @event
                      AND w.request_id = asked.request_id
                    LIMIT 1) AS e`

const selectRequests = `
SELECT r.request_id, r.digest, e.entry, e.members
FROM registration.requests AS r
LEFT JOIN LATERAL (SELECT w.entry, w.members
                   FROM registration.whole_entries AS w
                   WHERE w.event = r.event
                     AND w.entrant = r.entrant
                   LIMIT 1) AS e ON true
WHERE r.event = @event
  AND r.request_id = ANY (@request_ids)`

// What was done to an entry names it as its registration does.
const selectRequested = `
SELECT r.request_id, e.entry, e.members
FROM registration.requests AS r
CROSS JOIN LATERAL (SELECT w.entry, w.members
                    FROM registration.whole_entries AS w
                    WHERE w.event = r.event
                      AND w.entrant = r.entrant
                    LIMIT 1) AS e
WHERE r.event = @event
  AND r.request_id = ANY (@request_ids)`

const selectPeople = `
SELECT p.person, p.entrant, e.reference, p.in_team, e.entered_by, e.owner
FROM unnest(@people::bytea[]) AS asked (person)
CROSS JOIN LATERAL (SELECT q.event, q.person, q.entrant, q.in_team
                    FROM registration.people AS q
                    WHERE q.event = @event
                      AND q.person = asked.person
                    LIMIT 100) AS p
JOIN registration.entries AS e ON e.event = p.event AND e.entrant = p.entrant
ORDER BY p.entrant`

const selectBibs = `
SELECT b.bib, b.entrant, coalesce(e.bib, '')
FROM registration.bibs AS b
JOIN registration.entries AS e ON e.event = b.event AND e.entrant = b.entrant
WHERE b.event = @event
  AND b.bib = ANY (@bibs)`

const selectChips = `
SELECT c.chip, c.entrant, coalesce(e.bib, '')
FROM registration.chips AS c
JOIN registration.entries AS e ON e.event = c.event AND e.entrant = c.entrant
WHERE c.event = @event
  AND c.chip = ANY (@chips)`

const selectByReferences = `
SELECT e.entry, e.members
FROM unnest(@references::text[]) AS asked (reference)
CROSS JOIN LATERAL (SELECT w.entry, w.members
                    FROM registration.whole_entries AS w
                    WHERE w.event = @event
                      AND w.reference = asked.reference
                    LIMIT 1) AS e`

const selectByJoinCodes = `
SELECT e.entry, e.members
FROM registration.whole_entries AS e
WHERE e.event = @event
  AND e.join_code = ANY (@join_codes)`

const selectByBibs = `
SELECT b.bib, e.entry, e.members
FROM registration.bibs AS b
CROSS JOIN LATERAL (SELECT w.entry, w.members
                    FROM registration.whole_entries AS w
                    WHERE w.event = b.event
                      AND w.entrant = b.entrant
                    LIMIT 1) AS e
WHERE b.event = @event
  AND b.bib = ANY (@bibs)`

const selectPayments = `
SELECT payment, entrant, amount_minor, refund_due, received_at, actor
FROM registration.payments
WHERE event = @event
  AND payment = ANY (@payments)`

const selectDue = `
SELECT e.entry, e.members
FROM registration.whole_entries AS e
WHERE e.event = @event
  AND e.race = ANY (@races)
  AND e.expires_at <= @now
ORDER BY e.entrant
LIMIT 1000`

const takeIDs = `
SELECT nextval('registration.entries_entrant_seq')
FROM generate_series(1, @ids)`

// asking gathers what a question sends at once.
type asking struct {
	event race.EventID
	batch pgx.Batch
	known registration.Known
}

func newAsking(event race.EventID) *asking {
	return &asking{event: event, known: registration.Known{
		Requests: map[string]registration.Answered{},
		People:   map[registration.Digest][]registration.Holding{},
		Bibs:     map[race.Bib]registration.Wearer{},
		Chips:    map[race.Chip]registration.Wearer{},
		Entries:  map[registration.Key]registration.Entry{},
		Payments: map[registration.PaymentID]registration.Payment{},
	}}
}

// ask answers a question as of now.
func ask(
	ctx context.Context, tx pgx.Tx, event race.EventID, now time.Time, q registration.Question,
) (registration.Known, error) {
	a := newAsking(event)
	a.queue(now, q)
	if a.batch.Len() == 0 {
		return a.known, nil
	}
	if err := tx.SendBatch(ctx, &a.batch).Close(); err != nil {
		return registration.Known{}, fmt.Errorf("ask what is known: %w", err)
	}
	return a.known, nil
}

func (a *asking) queue(now time.Time, q registration.Question) {
	if len(q.RequestIDs) > 0 {
		a.queueRequests(q.RequestIDs)
	}
	if len(q.People) > 0 {
		a.queuePeople(q.People)
	}
	if len(q.Bibs) > 0 {
		queueWearers(a, selectBibs, "bibs", q.Bibs, a.known.Bibs)
	}
	if len(q.Chips) > 0 {
		queueWearers(a, selectChips, "chips", q.Chips, a.known.Chips)
	}
	if len(q.Entries) > 0 {
		a.queueEntries(q.Entries)
	}
	if len(q.Payments) > 0 {
		a.queuePayments(q.Payments)
	}
	if len(q.Races) > 0 {
		a.queueEntriesBy(selectDue, pgx.StrictNamedArgs{"event": a.event, "races": q.Races, "now": now},
			func(e registration.Entry) { a.known.Due = append(a.known.Due, e) })
	}
	if q.IDs > 0 {
		a.batch.Queue(takeIDs, pgx.StrictNamedArgs{"ids": q.IDs}).Query(func(rows pgx.Rows) (err error) {
			a.known.IDs, err = pgx.CollectRows(rows, pgx.RowTo[race.EntrantID])
			return err
		})
	}
}

// queueEntriesBy runs one of the queries that return whole entries.
func (a *asking) queueEntriesBy(query string, arguments pgx.StrictNamedArgs, each func(registration.Entry)) {
	a.batch.Queue(query, arguments).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wholeEntry])
		if err != nil {
			return err
		}
		entries, err := entriesOf(found)
		for _, e := range entries {
			each(e)
		}
		return err
	})
}

func (a *asking) queueRequests(ids []string) {
	arguments := pgx.StrictNamedArgs{"event": a.event, "request_ids": ids}
	a.queueEntriesBy(selectRegistrations, arguments, func(e registration.Entry) {
		a.known.Requests[e.RequestID] = registration.Answered{Digest: e.RequestDigest, Entry: e}
	})
	a.batch.Queue(selectRequests, arguments).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[requestRow])
		if err != nil {
			return err
		}
		for i := range found {
			answered := registration.Answered{}
			copy(answered.Digest[:], found[i].Digest) // None where the entry was erased.
			if found[i].Entry != nil {
				whole := wholeEntry{*found[i].Entry, found[i].Members}
				if answered.Entry, err = whole.entry(); err != nil {
					return err
				}
			}
			a.known.Requests[found[i].RequestID] = answered
		}
		return nil
	})
}

type requestRow struct {
	RequestID string
	Digest    []byte
	Entry     *entryRow
	Members   []memberRow
}

func (a *asking) queuePeople(people []registration.Digest) {
	digests := make([][]byte, len(people))
	for i := range people {
		digests[i] = people[i][:]
	}
	a.batch.Queue(selectPeople, pgx.StrictNamedArgs{"event": a.event, "people": digests}).
		Query(func(rows pgx.Rows) error {
			var person []byte
			var h registration.Holding
			into := []any{&person, &h.Entrant, &h.Reference, &h.InTeam, &h.EnteredBy, &h.Owner}
			_, err := pgx.ForEachRow(rows, into, func() error {
				a.known.People[registration.Digest(person)] = append(a.known.People[registration.Digest(person)], h)
				return nil
			})
			return err
		})
}

func queueWearers[T ~string](a *asking, query, name string, worn []T, into map[T]registration.Wearer) {
	a.batch.Queue(query, pgx.StrictNamedArgs{"event": a.event, name: worn}).Query(func(rows pgx.Rows) error {
		var what T
		var wearer registration.Wearer
		_, err := pgx.ForEachRow(rows, []any{&what, &wearer.Entrant, &wearer.Bib}, func() error {
			into[what] = wearer
			return nil
		})
		return err
	})
}

func (a *asking) queueEntries(keys []registration.Key) {
	var references, requests, bibs, codes []string
	for _, key := range keys {
		switch {
		case key.Reference != "":
			references = append(references, string(key.Reference))
		case key.Bib != "":
			bibs = append(bibs, string(key.Bib))
		case key.JoinCode != "":
			codes = append(codes, string(key.JoinCode))
		default:
			requests = append(requests, key.RequestID)
		}
	}
	if len(references) > 0 {
		a.queueEntriesBy(selectByReferences, pgx.StrictNamedArgs{"event": a.event, "references": references},
			func(e registration.Entry) { a.known.Entries[registration.Key{Reference: e.Reference}] = e })
	}
	if len(requests) > 0 {
		a.queueEntriesBy(selectRegistrations, pgx.StrictNamedArgs{"event": a.event, "request_ids": requests},
			func(e registration.Entry) { a.known.Entries[registration.Key{RequestID: e.RequestID}] = e })
		queueNamed(a, selectRequested, "request_ids", requests, func(id string) registration.Key {
			return registration.Key{RequestID: id}
		})
	}
	if len(codes) > 0 {
		a.queueEntriesBy(selectByJoinCodes, pgx.StrictNamedArgs{"event": a.event, "join_codes": codes},
			func(e registration.Entry) { a.known.Entries[registration.Key{JoinCode: e.JoinCode}] = e })
	}
	if len(bibs) > 0 {
		queueNamed(a, selectByBibs, "bibs", bibs, func(bib string) registration.Key {
			return registration.Key{Bib: race.Bib(bib)}
		})
	}
}

// queueNamed runs one of the queries that return whole entries behind what names them.
func queueNamed(a *asking, query, argument string, names []string, key func(name string) registration.Key) {
	a.batch.Queue(query, pgx.StrictNamedArgs{"event": a.event, argument: names}).Query(func(rows pgx.Rows) error {
		var name string
		var whole wholeEntry
		_, err := pgx.ForEachRow(rows, []any{&name, &whole.Entry, &whole.Members}, func() error {
			e, err := whole.entry()
			a.known.Entries[key(name)] = e
			whole = wholeEntry{}
			return err
		})
		return err
	})
}

func (a *asking) queuePayments(ids []registration.PaymentID) {
	a.batch.Queue(selectPayments, pgx.StrictNamedArgs{"event": a.event, "payments": ids}).Query(func(rows pgx.Rows) error {
		payments, err := pgx.CollectRows(rows, pgx.RowToStructByPos[registration.Payment])
		for _, p := range payments {
			p.At = p.At.UTC()
			a.known.Payments[p.ID] = p
		}
		return err
	})
}
