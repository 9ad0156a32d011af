package registrationpg

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
)

const updateEntries = `
UPDATE registration.entries AS e
SET race = n.race, state = n.state, bib = n.bib, chips = n.chips, name = n.name, sex = n.sex, birth_day = n.birth_day,
    age_years = n.age_years, country = n.country, club = n.club, category = n.category, name_shown = n.name_shown,
    wave = n.wave, tags = n.tags, request_digest = n.request_digest, owner = n.owner, expires_at = n.expires_at,
    fee_minor = n.fee_minor, charity_minor = n.charity_minor, paid_minor = n.paid_minor, expected_us = n.expected_us,
    second_entry = n.second_entry, join_code = n.join_code, went_to = n.went_to, checked_in_at = n.checked_in_at
FROM json_to_recordset(@entries::json) AS n (
    entrant bigint, race text, state text, bib text, chips text[], name text, sex text, birth_day date,
    age_years integer, country text, club text, category text, name_shown text, wave text, tags text[],
    request_digest bytea, owner text, expires_at timestamptz, fee_minor bigint, charity_minor bigint, paid_minor bigint,
    expected_us bigint, second_entry boolean, join_code text, went_to text, checked_in_at timestamptz)
WHERE e.event = @event
  AND e.entrant = n.entrant`

const deleteMembers = `
DELETE FROM registration.members
WHERE event = @event
  AND entrant = ANY (@entrants)`

const insertMembers = `
INSERT INTO registration.members (
    event, entrant, number, leg, bib, chips, name, sex, birth_day, age_years, country, club, category, name_shown)
SELECT @event, entrant, number, leg, bib, chips, name, sex, birth_day, age_years, country, club, category, name_shown
FROM json_to_recordset(@members::json) AS m (
    entrant bigint, number integer, leg integer, bib text, chips text[], name text, sex text, birth_day date,
    age_years integer, country text, club text, category text, name_shown text)`

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

const insertBibs = `
INSERT INTO registration.bibs (event, bib, entrant)
SELECT @event, c.bib, c.entrant
FROM unnest(@entrants::bigint[], @bibs::text[]) AS c (entrant, bib)`

const insertChips = `
INSERT INTO registration.chips (event, chip, entrant)
SELECT @event, c.chip, c.entrant
FROM unnest(@entrants::bigint[], @chips::text[]) AS c (entrant, chip)`

// Batches of different races wait for each other where they hold the same person; in one order none waits in a circle.
const insertPeople = `
INSERT INTO registration.people (event, person, slot, entrant, in_team)
SELECT @event, c.person, c.slot, c.entrant, c.in_team
FROM unnest(@entrants::bigint[], @people::bytea[], @slots::bigint[], @in_team::boolean[]) AS c (
    entrant, person, slot, in_team)
ORDER BY c.person`

const takeBatchNumber = `
SELECT nextval('registration.batch_numbers')`

const upsertRosterChanges = `
INSERT INTO registration.roster_changes (event, entrant, batch)
SELECT @event, c.entrant, currval('registration.batch_numbers')
FROM unnest(@entrants::bigint[]) AS c (entrant)
ON CONFLICT ON CONSTRAINT roster_changes_pkey DO UPDATE
SET batch = excluded.batch`

// The event's row is locked from here to the commit, and a ruling may be waiting, so this comes last.
const insertBatch = `
INSERT INTO registration.batches (event, batch, change)
VALUES (@event, currval('registration.batch_numbers'), event.next_change(@event))`

// copyEntries writes the new entries.
func (w *writing) copyEntries(ctx context.Context, tx pgx.Tx, added []*registration.Entry) error {
	if len(added) == 0 {
		return nil
	}
	columns := []string{
		"event", "entrant", "reference", "race", "state", "bib", "chips", "name", "sex", "birth_day", "age_years", "country",
		"club", "category", "name_shown", "wave", "tags", "request_id", "request_digest", "entered_at", "entered_by", "owner",
		"expires_at", "fee_minor", "charity_minor", "paid_minor", "expected_us", "second_entry", "join_code", "came_from",
	}
	rows := pgx.CopyFromSlice(len(added), func(i int) ([]any, error) {
		e := added[i]
		var digest []byte
		if e.RequestID != "" {
			digest = e.RequestDigest[:]
		}
		return []any{
			string(w.event), int64(e.ID), string(e.Reference), string(e.Race), string(e.State), optional(e.Bib), list(e.Chips),
			e.Name, e.Sex.String(), dayOf(e.BirthDay), e.AgeYears, e.Country,
			e.Club, e.Category, namesShown[e.NameShown], optional(e.Wave), list(e.Tags), optional(e.RequestID), digest,
			e.EnteredAt, e.EnteredBy, e.Owner,
			instant(e.ExpiresAt), e.FeeMinor, e.CharityMinor, e.PaidMinor, microseconds(e.ExpectedTime), e.SecondEntry,
			optional(e.JoinCode), elsewhere(e.CameFrom),
		}, nil
	})
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"registration", "entries"}, columns, rows); err != nil {
		return fmt.Errorf("copy entries: %w", translate(err))
	}
	return nil
}

// queueEntries puts the statements in their order: claims are given up before others take them.
func (w *writing) queueEntries(rows *changedRows) error {
	if err := w.queueJSON(updateEntries, "entries", rows.changed, len(rows.changed)); err != nil {
		return err
	}
	if len(rows.regrouped) > 0 {
		w.batch.Queue(deleteMembers, pgx.StrictNamedArgs{"event": w.event, "entrants": rows.regrouped})
	}
	return w.queueJSON(insertMembers, "members", rows.members, len(rows.members))
}

func (w *writing) queueClaims(rows *changedRows) {
	if len(rows.reclaimed) > 0 {
		for _, query := range []string{deleteBibs, deleteChips, deletePeople} {
			w.batch.Queue(query, pgx.StrictNamedArgs{"event": w.event, "entrants": rows.reclaimed})
		}
	}
	if c := rows.bibs; len(c.values) > 0 {
		w.batch.Queue(insertBibs, pgx.StrictNamedArgs{"event": w.event, "entrants": c.entrants, "bibs": c.values})
	}
	if c := rows.chips; len(c.values) > 0 {
		w.batch.Queue(insertChips, pgx.StrictNamedArgs{"event": w.event, "entrants": c.entrants, "chips": c.values})
	}
	if c := rows.people; len(c.values) > 0 {
		w.batch.Queue(insertPeople, pgx.StrictNamedArgs{
			"event": w.event, "entrants": c.entrants, "people": c.values, "slots": rows.slots, "in_team": rows.inTeam,
		})
	}
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
