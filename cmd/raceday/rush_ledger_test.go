package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	registrationv1 "raceday/proto/raceday/registration/v1"
)

// ledger is what the database holds of a rush.
type ledger struct {
	places   storedPlaces
	entries  []storedEntry   // in their order
	changes  []storedChange  // in their order
	payments []storedPayment // by their names
}

type storedPlaces struct{ Capacity, Taken, Waiting int }

type storedEntry struct {
	Entrant                             int64
	Reference, Key, State, Sex, Country string
	FeeMinor, CharityMinor, PaidMinor   int64
}

func hasPlace(state string) bool {
	return slices.Contains([]string{"HELD", "CONFIRMED", "OFFERED"}, state)
}

// storedChange is a change of an entry; Before is empty for its making.
type storedChange struct {
	Entrant               int64
	Action, Before, After string
}

type storedPayment struct {
	ID          string
	Entrant     int64
	AmountMinor int64
	RefundDue   bool
}

const selectRushPlaces = `
SELECT capacity, taken, waiting
FROM registration.races
WHERE event = @event`

const selectRushEntries = `
SELECT entrant, reference, coalesce(request_id, ''), state, sex, country, fee_minor, charity_minor, paid_minor
FROM registration.entries
WHERE event = @event
ORDER BY entrant`

const selectRushChanges = `
SELECT entrant, action, coalesce(before ->> 'state', ''), coalesce(after ->> 'state', '')
FROM registration.entry_changes
WHERE event = @event
ORDER BY number`

const selectRushPayments = `
SELECT payment, entrant, amount_minor, refund_due
FROM registration.payments
WHERE event = @event
ORDER BY payment`

// queries is a pool or a transaction.
type queries interface {
	// Query runs a query and returns its rows.
	Query(ctx context.Context, query string, arguments ...any) (pgx.Rows, error)
}

// readLedger reads all that is stored; nothing may be under way.
func readLedger(ctx context.Context, db queries) (*ledger, error) {
	l := &ledger{}
	places, err := rowsOf[storedPlaces](ctx, db, selectRushPlaces)
	if err != nil {
		return nil, err
	}
	if len(places) != 1 {
		return nil, fmt.Errorf("%d races have places, want 1", len(places))
	}
	l.places = places[0]
	if l.entries, err = rowsOf[storedEntry](ctx, db, selectRushEntries); err != nil {
		return nil, err
	}
	if l.changes, err = rowsOf[storedChange](ctx, db, selectRushChanges); err != nil {
		return nil, err
	}
	l.payments, err = rowsOf[storedPayment](ctx, db, selectRushPayments)
	return l, err
}

func rowsOf[Row any](ctx context.Context, db queries, query string) ([]Row, error) {
	rows, err := db.Query(ctx, query, pgx.StrictNamedArgs{"event": rushEvent})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Row])
}

// The kinds of flaws.
const (
	// oversold: more places were taken than there are.
	oversold = "oversold"
	// lost: what was answered is not what is stored.
	lost = "lost"
	// double: a key has more than one answer, or a payment more than one.
	double = "double"
	// unfair: who came later was served before who came first.
	unfair = "unfair"
	// wrong: what is counted or paid is not what the rows say.
	wrong = "wrong"
)

// flaws are what is wrong with a ledger, by their kind.
type flaws map[string][]string

func (f flaws) add(kind, format string, args ...any) {
	f[kind] = append(f[kind], fmt.Sprintf(format, args...))
}

// flaws compares what is stored with what applicants were told, and with the rules; places is how many there are.
func (l *ledger) flaws(applicants []*applicant, places int) flaws {
	found := flaws{}
	l.checkPlaces(found, applicants, places)
	l.checkHistory(found, places)
	l.checkAnswers(found, applicants)
	l.checkTurns(found, applicants)
	l.checkOffers(found)
	l.checkPayments(found, applicants)
	return found
}

// checkPlaces compares the places of the race with the entries that have one.
func (l *ledger) checkPlaces(found flaws, applicants []*applicant, places int) {
	taken, waiting := 0, 0
	for i := range l.entries {
		switch e := &l.entries[i]; {
		case hasPlace(e.State):
			taken++
		case e.State == "WAITLISTED":
			waiting++
		}
	}
	if taken > places || l.places.Taken > l.places.Capacity {
		found.add(oversold, "%d entries have one of %d places; the race says %d of %d", taken, places, l.places.Taken, l.places.Capacity)
	}
	if taken < places && len(applicants) > places {
		found.add(wrong, "%d of %d places are taken, though more were asked for", taken, places)
	}
	if want := (storedPlaces{places, taken, waiting}); l.places != want {
		found.add(wrong, "the race counts %+v, its entries %+v", l.places, want)
	}
}

// checkHistory counts the places that were taken after every single change.
func (l *ledger) checkHistory(found flaws, places int) {
	// What an entry was made as, the next change of it says, or the entry itself.
	state := map[int64]string{}
	for i := range l.entries {
		state[l.entries[i].Entrant] = l.entries[i].State
	}
	changes := slices.Clone(l.changes)
	for i := len(changes) - 1; i >= 0; i-- {
		c := &changes[i]
		if c.After == "" {
			c.After = state[c.Entrant]
		}
		state[c.Entrant] = c.Before
	}
	taken := 0
	for i, c := range changes {
		if hasPlace(c.Before) {
			taken--
		}
		if hasPlace(c.After) {
			taken++
		}
		if taken > places {
			found.add(oversold, "%d of %d places were taken after change %d, %s", taken, places, i+1, c.Action)
		}
	}
}

// checkAnswers compares what every key was answered with what is stored.
func (l *ledger) checkAnswers(found flaws, applicants []*applicant) {
	stored, offered := map[string][]*storedEntry{}, map[int64]bool{}
	for i := range l.entries {
		e := &l.entries[i]
		stored[e.Key] = append(stored[e.Key], e)
	}
	for _, c := range l.changes {
		offered[c.Entrant] = offered[c.Entrant] || c.Action == "OFFER"
	}
	for _, a := range applicants {
		for _, other := range a.replies[1:] {
			first := a.replies[0]
			if other.reference != first.reference || other.refusal != first.refusal || other.hasPlace() != first.hasPlace() {
				found.add(double, "%s was answered %v and %v", a.key, first, other)
			}
		}
		if refusal := a.replies[0].refusal; refusal != "" && (refusal == "WAITLIST_FULL") != a.joins {
			found.add(wrong, "%s was refused with %s", a.key, refusal)
		}
		entries := stored[a.key]
		delete(stored, a.key)
		if len(entries) > 1 {
			found.add(double, "%s has %d entries", a.key, len(entries))
		}
		switch {
		case a.entry() == "" && len(entries) > 0:
			found.add(lost, "%s was refused with %s and has entry %s", a.key, a.replies[0].refusal, entries[0].Reference)
		case a.entry() == "":
		case len(entries) == 0:
			found.add(lost, "%s was answered %s, which is not stored", a.key, a.entry())
		case entries[0].Reference != a.entry():
			found.add(lost, "%s was answered %s and has entry %s", a.key, a.entry(), entries[0].Reference)
		case entries[0].State != a.state(offered[entries[0].Entrant]):
			found.add(lost, "entry %s is %s, want %s: %s", a.entry(), entries[0].State, a.state(offered[entries[0].Entrant]),
				l.history(entries[0].Entrant))
		}
	}
	for key := range stored {
		found.add(wrong, "there is an entry of %q, whom nobody asked for", key)
	}
}

// history returns what happened to an entry.
func (l *ledger) history(entrant int64) string {
	var steps []string
	for _, c := range l.changes {
		if c.Entrant == entrant {
			steps = append(steps, fmt.Sprintf("%s (%s to %s)", c.Action, c.Before, c.After))
		}
	}
	return strings.Join(steps, ", ")
}

// state returns where the entry of an applicant must stand.
func (a *applicant) state(offered bool) string {
	paid := slices.ContainsFunc(a.payments, func(p *payment) bool { return p.counts })
	switch {
	case a.withdrawn:
		return "WITHDRAWN"
	case a.expired:
		return "EXPIRED"
	case paid:
		return "CONFIRMED"
	case a.replies[0].hasPlace():
		return "HELD"
	case offered:
		return "OFFERED"
	}
	return "WAITLISTED"
}

// checkTurns finds who was served before somebody who had been answered before the other one asked at all.
func (l *ledger) checkTurns(found flaws, applicants []*applicant) {
	byKey := map[string]*applicant{}
	var full time.Time // when somebody was first told that there is no place
	for _, a := range applicants {
		byKey[a.key] = a
		if at := a.gotAt(); !a.replies[0].hasPlace() && (full.IsZero() || at.Before(full)) {
			full = at
		}
	}
	var last time.Time // when that one asked first who asked last of those before
	for i := range l.entries {
		a := byKey[l.entries[i].Key]
		if a == nil {
			continue
		}
		if a.gotAt().Before(last) {
			found.add(unfair, "%s was answered before one asked who came in before it", a.key)
		}
		if sent := a.sentAt(); sent.After(last) {
			last = sent
		}
		if a.replies[0].hasPlace() && !full.IsZero() && a.sentAt().After(full) {
			found.add(unfair, "%s has a place and asked after others were told that there is none", a.key)
		}
	}
}

// checkOffers finds who was passed over on the waitlist.
func (l *ledger) checkOffers(found flaws) {
	var last int64
	for _, c := range l.changes {
		if c.Action != "OFFER" {
			continue
		}
		if c.Entrant < last {
			found.add(unfair, "entrant %d was offered a place after entrant %d", c.Entrant, last)
		}
		last = max(last, c.Entrant)
	}
	for i := range l.entries {
		if e := &l.entries[i]; e.State == "WAITLISTED" && e.Entrant < last {
			found.add(unfair, "entrant %d waits, and entrant %d was offered a place", e.Entrant, last)
		}
	}
}

// checkPayments compares what was told of payments with what is stored.
func (l *ledger) checkPayments(found flaws, applicants []*applicant) {
	stored, paid, entrants := map[string][]storedPayment{}, map[int64]int64{}, map[string]int64{}
	for _, p := range l.payments {
		stored[p.ID] = append(stored[p.ID], p)
		if !p.RefundDue {
			paid[p.Entrant] += p.AmountMinor
		}
	}
	for i := range l.entries {
		e := &l.entries[i]
		entrants[e.Key] = e.Entrant
		if e.PaidMinor != paid[e.Entrant] || e.State == "CONFIRMED" && e.PaidMinor != e.FeeMinor {
			found.add(wrong, "entry %s is %s with %d paid of %d; its payments are %d", e.Reference, e.State, e.PaidMinor, e.FeeMinor, paid[e.Entrant])
		}
	}
	for _, a := range applicants {
		for _, p := range a.payments {
			switch {
			case p.outcomes[webhook] != p.outcomes[frontend]:
				found.add(double, "%s was answered %v", p.id, p.outcomes)
			case p.outcomes[webhook] != outcomeOf(p.counts):
				found.add(wrong, "%s was answered %v twice, want %v", p.id, p.outcomes[webhook], outcomeOf(p.counts))
			}
			want := storedPayment{p.id, entrants[a.key], rushFeeMinor, p.outcomes[webhook] != outcomeOf(true)}
			switch got := stored[p.id]; {
			case len(got) > 1:
				found.add(double, "%s is stored as %+v", p.id, got)
			case len(got) == 0 || got[0] != want:
				found.add(lost, "%s is stored as %+v, want %+v", p.id, got, want)
			}
			delete(stored, p.id)
		}
	}
	for id := range stored {
		found.add(wrong, "there is a payment %q, which nobody told of", id)
	}
}

func outcomeOf(counts bool) registrationv1.PaymentOutcome {
	if counts {
		return registrationv1.PaymentOutcome_PAYMENT_OUTCOME_APPLIED
	}
	return registrationv1.PaymentOutcome_PAYMENT_OUTCOME_REFUND_DUE
}
