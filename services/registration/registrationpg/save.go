package registrationpg

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// Save writes the changes and all that follows from them; see registration.Tx.
func (h *holding) Save(ctx context.Context, changes registration.Changes) error {
	w := &writing{
		event: h.event, counts: map[race.ID]*countsChange{}, last: map[race.EntrantID]int{}, columns: historyColumns(),
		batch: &pgx.Batch{},
	}
	for i := range changes.Entries {
		w.change(&changes.Entries[i])
	}
	for i := range changes.Races {
		w.changeRace(&changes.Races[i])
	}
	rows := w.rowsOf()
	if err := w.queue(&changes, rows); err != nil {
		return err
	}
	if err := w.copyEntries(ctx, h.tx, rows.added); err != nil {
		return err
	}
	if err := h.tx.SendBatch(ctx, w.batch).Close(); err != nil {
		return fmt.Errorf("save entries: %w", translate(err))
	}
	return nil
}

// writing gathers what a Save sends at once.
type writing struct {
	event race.EventID
	// entries are the entries that change, each once, before all changes and after them; last is where each stands.
	entries []entryChange
	last    map[race.EntrantID]int
	counts  map[race.ID]*countsChange
	columns []historyColumn
	history []historyRow
	// beginnings are the changes that made an entry.
	beginnings []*registration.Change
	batch      *pgx.Batch
}

// entryChange is an entry before everything and after it.
type entryChange struct {
	before *registration.Entry // nil where it is new
	after  registration.Entry
}

func (w *writing) change(c *registration.Change) {
	w.count(c.Before, -1)
	w.count(&c.After, 1)
	if c.Before == nil {
		w.beginnings = append(w.beginnings, c)
	} else {
		w.history = append(w.history, historyOf(w.columns, c))
	}
	if at, again := w.last[c.After.ID]; again {
		w.entries[at].after = c.After
		return
	}
	w.last[c.After.ID] = len(w.entries)
	w.entries = append(w.entries, entryChange{c.Before, c.After})
}

func (w *writing) queue(changes *registration.Changes, rows *changedRows) error {
	if err := w.queueEntries(rows); err != nil {
		return err
	}
	w.queueClaims(rows)
	w.queueCounts()
	w.queueRequests(changes.Requests)
	w.queuePayments(changes)
	w.queuePapers(changes)
	w.queueRaceChanges(changes.Races)
	if len(rows.onRoster) > 0 {
		w.batch.Queue(takeBatchNumber)
		w.batch.Queue(upsertRosterChanges, pgx.StrictNamedArgs{"event": w.event, "entrants": rows.onRoster})
	}
	if err := w.queueHistory(); err != nil {
		return err
	}
	w.queueErased(changes.Erased)
	w.batch.Queue(notify, pgx.StrictNamedArgs{"event": w.event})
	if len(rows.onRoster) > 0 {
		w.batch.Queue(insertBatch, pgx.StrictNamedArgs{"event": w.event})
	}
	w.queueAudit(changes)
	return nil
}

// Whoever keeps places and shows what is left of them listens.
const notify = `
SELECT pg_notify('raceday_entries', @event)`

// changedRows are the rows of all tables that follow from the entries.
type changedRows struct {
	added   []*registration.Entry
	changed []entryRow
	// Of the changed: those whose members and those whose claims are written anew.
	regrouped []int64
	reclaimed []int64
	members   []memberRow
	bibs      claimed[race.Bib]
	chips     claimed[race.Chip]
	people    claimed[[]byte]
	slots     []int64
	inTeam    []bool
	// onRoster are the entries whose line of the roster changed.
	onRoster []int64
}

// claimed are what entries hold.
type claimed[T any] struct {
	entrants []int64
	values   []T
}

func (c *claimed[T]) add(id race.EntrantID, v T) {
	c.entrants = append(c.entrants, int64(id))
	c.values = append(c.values, v)
}

func (w *writing) rowsOf() *changedRows {
	rows := &changedRows{}
	for i := range w.entries {
		before, after := w.entries[i].before, &w.entries[i].after
		if before == nil {
			rows.added = append(rows.added, after)
			rows.members = append(rows.members, memberRowsOf(after)...)
			rows.claim(after)
			if after.OnRoster() {
				rows.onRoster = append(rows.onRoster, int64(after.ID))
			}
			continue
		}
		rows.compare(before, after)
	}
	return rows
}

func (rows *changedRows) compare(before, after *registration.Entry) {
	if reflect.DeepEqual(before, after) {
		return
	}
	rows.changed = append(rows.changed, rowOf(after))
	if !reflect.DeepEqual(before.Members, after.Members) {
		rows.regrouped = append(rows.regrouped, int64(after.ID))
		rows.members = append(rows.members, memberRowsOf(after)...)
	}
	if !reflect.DeepEqual(before.Claims(), after.Claims()) || before.SecondEntry != after.SecondEntry {
		rows.reclaimed = append(rows.reclaimed, int64(after.ID))
		rows.claim(after)
	}
	if line := after.Line(); (before.OnRoster() || after.OnRoster()) && !reflect.DeepEqual(before.Line(), line) {
		rows.onRoster = append(rows.onRoster, int64(after.ID))
	}
}

func (rows *changedRows) claim(e *registration.Entry) {
	claims := e.Claims()
	for _, bib := range claims.Bibs {
		rows.bibs.add(e.ID, bib)
	}
	for _, chip := range claims.Chips {
		rows.chips.add(e.ID, chip)
	}
	for _, person := range claims.People {
		rows.people.add(e.ID, slices.Clone(person[:]))
		rows.inTeam = append(rows.inTeam, len(e.Members) > 0)
		slot := int64(0)
		if e.SecondEntry {
			slot = int64(e.ID)
		}
		rows.slots = append(rows.slots, slot)
	}
}
