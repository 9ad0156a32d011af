package registrationpg

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

const insertEntries = `
INSERT INTO registration.entries (
    event, reference, race, state, bib, chips, name, sex, birth_day, age_years, country, club, category, wave, tags,
    request_id, request_digest, entered_at)
SELECT @event, reference, race, state, bib, chips, name, sex, birth_day, age_years, country, club, category, wave, tags,
    request_id, request_digest, entered_at
FROM json_to_recordset(@entries::json) AS e (
    reference text, race text, state text, bib text, chips text[], name text, sex text, birth_day date,
    age_years integer, country text, club text, category text, wave text, tags text[],
    request_id text, request_digest bytea, entered_at timestamptz)`

const updateEntries = `
UPDATE registration.entries AS e
SET race = n.race, state = n.state, bib = n.bib, chips = n.chips, name = n.name, sex = n.sex, birth_day = n.birth_day,
    age_years = n.age_years, country = n.country, club = n.club, category = n.category, wave = n.wave, tags = n.tags
FROM json_to_recordset(@entries::json) AS n (
    entrant bigint, race text, state text, bib text, chips text[], name text, sex text, birth_day date,
    age_years integer, country text, club text, category text, wave text, tags text[])
WHERE e.event = @event
  AND e.entrant = n.entrant`

const deleteMembers = `
DELETE FROM registration.members
WHERE event = @event
  AND entrant = ANY (@entrants)`

const deleteBibs = `
DELETE FROM registration.bibs
WHERE event = @event
  AND entrant = ANY (@entrants)`

const deleteChips = `
DELETE FROM registration.chips
WHERE event = @event
  AND entrant = ANY (@entrants)`

const deletePeople = `
DELETE FROM registration.people
WHERE event = @event
  AND entrant = ANY (@entrants)`

const insertMembers = `
INSERT INTO registration.members (
    event, entrant, number, leg, bib, chips, name, sex, birth_day, age_years, country, club, category)
SELECT e.event, e.entrant, m.number, m.leg, m.bib, m.chips, m.name, m.sex, m.birth_day, m.age_years,
    m.country, m.club, m.category
FROM json_to_recordset(@members::json) AS m (
    reference text, number integer, leg integer, bib text, chips text[], name text, sex text, birth_day date,
    age_years integer, country text, club text, category text)
JOIN registration.entries AS e ON e.event = @event AND e.reference = m.reference`

const insertBibs = `
INSERT INTO registration.bibs (event, bib, entrant)
SELECT e.event, c.bib, e.entrant
FROM unnest(@references::text[], @bibs::text[]) AS c (reference, bib)
JOIN registration.entries AS e ON e.event = @event AND e.reference = c.reference`

const insertChips = `
INSERT INTO registration.chips (event, chip, entrant)
SELECT e.event, c.chip, e.entrant
FROM unnest(@references::text[], @chips::text[]) AS c (reference, chip)
JOIN registration.entries AS e ON e.event = @event AND e.reference = c.reference`

// Batches of different races wait for each other where they hold the same person; in one order none waits in a circle.
const insertPeople = `
INSERT INTO registration.people (event, person, entrant, in_team)
SELECT e.event, c.person, e.entrant, c.in_team
FROM unnest(@references::text[], @people::bytea[], @in_team::boolean[]) AS c (reference, person, in_team)
JOIN registration.entries AS e ON e.event = @event AND e.reference = c.reference
ORDER BY c.person`

const updatePlaces = `
UPDATE registration.races AS r
SET taken = r.taken + d.taken
FROM unnest(@races::text[], @taken::integer[]) AS d (race, taken)
WHERE r.event = @event
  AND r.race = d.race`

const takeBatchNumber = `
SELECT nextval('registration.batch_numbers')`

const upsertRosterChanges = `
INSERT INTO registration.roster_changes (event, entrant, batch)
SELECT e.event, e.entrant, currval('registration.batch_numbers')
FROM registration.entries AS e
WHERE e.event = @event
  AND e.reference = ANY (@references)
ON CONFLICT ON CONSTRAINT roster_changes_pkey DO UPDATE
SET batch = excluded.batch`

const insertEntryChanges = `
INSERT INTO registration.entry_changes (event, entrant, batch, action, actor, reason, at, before, after)
SELECT @event, c.entrant, r.batch, @action, @actor, @reason, @at, c.before, c.after
FROM json_to_recordset(@changes::json) AS c (entrant bigint, on_roster boolean, before jsonb, after jsonb)
LEFT JOIN registration.roster_changes AS r ON r.event = @event AND r.entrant = c.entrant AND c.on_roster`

// The event's row is locked from here to the commit, and a ruling may be waiting, so this comes last.
const insertBatch = `
INSERT INTO registration.batches (event, batch, change)
VALUES (@event, currval('registration.batch_numbers'), event.next_change(@event))`

// recordedChange is a row of registration.entry_changes as JSON.
type recordedChange struct {
	Entrant  int64         `json:"entrant"`
	OnRoster bool          `json:"on_roster"`
	Before   recordedEntry `json:"before"`
	After    recordedEntry `json:"after"`
}

// recordedEntry is an entry with its members as it is recorded.
type recordedEntry struct {
	entryRow
	Members []memberRow `json:"members,omitempty"`
}

// Save writes the changes and all that follows from them; see registration.Tx.
func (h *holding) Save(ctx context.Context, changes registration.Changes) error {
	w := &writing{event: h.event, taken: map[race.ID]int{}, batch: &pgx.Batch{}}
	for i := range changes.Added {
		w.add(&changes.Added[i])
	}
	for i := range changes.Changed {
		w.change(&changes.Changed[i])
	}
	if err := w.queue(changes.Cause); err != nil {
		return err
	}
	if err := h.tx.SendBatch(ctx, w.batch).Close(); err != nil {
		return fmt.Errorf("save entries: %w", translate(err))
	}
	return nil
}

// writing gathers what a Save sends at once.
type writing struct {
	event   race.EventID
	added   []entryRow
	changed []entryRow
	// Of the changed: those whose members and those whose claims are written anew.
	regrouped []int64
	reclaimed []int64
	members   []memberRow
	bibs      claimed[race.Bib]
	chips     claimed[race.Chip]
	people    claimed[[]byte]
	inTeam    []bool
	taken     map[race.ID]int
	onRoster  []string // references of entries whose line changed
	recorded  []recordedChange
	batch     *pgx.Batch
}

// claimed are what entries hold, by reference.
type claimed[T any] struct {
	references []string
	values     []T
}

func (c *claimed[T]) add(reference registration.Reference, v T) {
	c.references = append(c.references, string(reference))
	c.values = append(c.values, v)
}

func (w *writing) add(e *registration.Entry) {
	w.added = append(w.added, rowOf(e))
	w.members = append(w.members, memberRowsOf(e)...)
	w.claim(e, e.Claims())
	if e.State == registration.Confirmed {
		w.taken[e.Race]++
	}
	if e.OnRoster() {
		w.onRoster = append(w.onRoster, string(e.Reference))
	}
}

func (w *writing) change(c *registration.Change) {
	after := rowOf(&c.After)
	w.changed = append(w.changed, after)
	if c.Before.State == registration.Confirmed {
		w.taken[c.Before.Race]--
	}
	if c.After.State == registration.Confirmed {
		w.taken[c.After.Race]++
	}
	if !reflect.DeepEqual(c.Before.Members, c.After.Members) {
		w.regrouped = append(w.regrouped, int64(c.After.ID))
		w.members = append(w.members, memberRowsOf(&c.After)...)
	}
	if claims := c.After.Claims(); !reflect.DeepEqual(c.Before.Claims(), claims) {
		w.reclaimed = append(w.reclaimed, int64(c.After.ID))
		w.claim(&c.After, claims)
	}
	onRoster := c.Before.OnRoster() || c.After.OnRoster()
	if onRoster {
		w.onRoster = append(w.onRoster, string(c.After.Reference))
	}
	w.recorded = append(w.recorded, recordedChange{
		Entrant:  int64(c.After.ID),
		OnRoster: onRoster,
		Before:   recordedEntry{rowOf(&c.Before), memberRowsOf(&c.Before)},
		After:    recordedEntry{after, memberRowsOf(&c.After)},
	})
}

func (w *writing) claim(e *registration.Entry, claims registration.Claims) {
	for _, bib := range claims.Bibs {
		w.bibs.add(e.Reference, bib)
	}
	for _, chip := range claims.Chips {
		w.chips.add(e.Reference, chip)
	}
	for _, person := range claims.People {
		w.people.add(e.Reference, slices.Clone(person[:]))
		w.inTeam = append(w.inTeam, len(e.Members) > 0)
	}
}

// queue puts the statements in their order: claims are given up before others take them, the event's lock comes last.
func (w *writing) queue(cause registration.Cause) error {
	if err := w.queueJSON(insertEntries, "entries", w.added, len(w.added)); err != nil {
		return err
	}
	if err := w.queueJSON(updateEntries, "entries", w.changed, len(w.changed)); err != nil {
		return err
	}
	if len(w.regrouped) > 0 {
		w.batch.Queue(deleteMembers, pgx.StrictNamedArgs{"event": w.event, "entrants": w.regrouped})
	}
	if len(w.reclaimed) > 0 {
		for _, query := range []string{deleteBibs, deleteChips, deletePeople} {
			w.batch.Queue(query, pgx.StrictNamedArgs{"event": w.event, "entrants": w.reclaimed})
		}
	}
	if err := w.queueJSON(insertMembers, "members", w.members, len(w.members)); err != nil {
		return err
	}
	w.queueClaims()
	w.queuePlaces()
	if len(w.onRoster) > 0 {
		w.batch.Queue(takeBatchNumber)
		w.batch.Queue(upsertRosterChanges, pgx.StrictNamedArgs{"event": w.event, "references": w.onRoster})
	}
	if len(w.recorded) > 0 {
		changes, err := encode(w.recorded)
		if err != nil {
			return err
		}
		w.batch.Queue(insertEntryChanges, pgx.StrictNamedArgs{
			"event": w.event, "action": cause.Action, "actor": cause.Actor, "reason": cause.Reason, "at": cause.At,
			"changes": changes,
		})
	}
	if len(w.onRoster) > 0 {
		w.batch.Queue(insertBatch, pgx.StrictNamedArgs{"event": w.event})
	}
	return nil
}

func (w *writing) queueJSON(query, name string, rows any, n int) error {
	if n == 0 {
		return nil
	}
	content, err := encode(rows)
	if err != nil {
		return err
	}
	w.batch.Queue(query, pgx.StrictNamedArgs{"event": w.event, name: content})
	return nil
}

func (w *writing) queueClaims() {
	if c := w.bibs; len(c.values) > 0 {
		w.batch.Queue(insertBibs, pgx.StrictNamedArgs{"event": w.event, "references": c.references, "bibs": c.values})
	}
	if c := w.chips; len(c.values) > 0 {
		w.batch.Queue(insertChips, pgx.StrictNamedArgs{"event": w.event, "references": c.references, "chips": c.values})
	}
	if c := w.people; len(c.values) > 0 {
		w.batch.Queue(insertPeople, pgx.StrictNamedArgs{
			"event": w.event, "references": c.references, "people": c.values, "in_team": w.inTeam,
		})
	}
}

func (w *writing) queuePlaces() {
	var races []string
	var taken []int
	for id, n := range w.taken {
		if n != 0 {
			races, taken = append(races, string(id)), append(taken, n)
		}
	}
	if len(races) > 0 {
		w.batch.Queue(updatePlaces, pgx.StrictNamedArgs{"event": w.event, "races": races, "taken": taken})
	}
}

// encode writes JSON as text, which is sent as it is.
func encode(rows any) (string, error) {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(rows); err != nil {
		return "", fmt.Errorf("encode rows: %w", err)
	}
	return content.String(), nil
}
