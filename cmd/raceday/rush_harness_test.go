package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// planted are flaws as the database might hold them if nothing prevented it, each with the kind that must be found.
var planted = map[string]struct{ kind, sql string }{
	"a place sold twice": {oversold, `
		ALTER TABLE registration.races DROP CONSTRAINT races_taken_within_capacity;
		UPDATE registration.races SET taken = taken + 1, waiting = waiting - 1;
		UPDATE registration.entries SET state = 'HELD'
		WHERE entrant = (SELECT max(entrant) FROM registration.entries WHERE state = 'WAITLISTED')`},
	"a place sold twice for a moment": {oversold, `
		INSERT INTO registration.entry_changes (event, entrant, action, actor, reason, at, before, after)
		SELECT event, entrant, 'CONFIRM_PAYMENT', '', '', now(), '{"state": "EXPIRED"}', '{"state": "HELD"}'
		FROM registration.entries
		WHERE entrant = (SELECT min(entrant) FROM registration.entries WHERE state = 'EXPIRED')`},
	"a second entry of a key": {double, `
		DROP INDEX registration.entries_request_unique_in_event;
		INSERT INTO registration.entries OVERRIDING SYSTEM VALUE
		SELECT (jsonb_populate_record(e, '{"entrant": 1000000000, "reference": "2222-2222"}')).*
		FROM registration.entries AS e
		WHERE entrant = (SELECT min(entrant) FROM registration.entries WHERE state = 'WITHDRAWN')`},
	"an entry that is gone": {lost, `
		DELETE FROM registration.entries
		WHERE entrant = (SELECT min(entrant) FROM registration.entries WHERE state = 'WITHDRAWN')`},
	"another entry than was answered": {lost, `
		UPDATE registration.entries SET reference = '2222-2222'
		WHERE entrant = (SELECT min(entrant) FROM registration.entries)`},
	"a payment that is forgotten": {lost, `
		DELETE FROM registration.payments
		WHERE payment = (SELECT min(payment) FROM registration.payments)`},
	"a payment that is stored twice": {double, `
		ALTER TABLE registration.payments DROP CONSTRAINT payments_pkey;
		INSERT INTO registration.payments SELECT * FROM registration.payments LIMIT 1`},
	"somebody passed over on the waitlist": {unfair, `
		UPDATE registration.entries SET state = 'WAITLISTED', expires_at = NULL
		WHERE entrant = (SELECT min(entrant) FROM registration.entry_changes WHERE action = 'OFFER')`},
	"an offer out of order": {unfair, `
		INSERT INTO registration.entry_changes (event, entrant, action, actor, reason, at, before, after)
		SELECT event, entrant, action, actor, reason, at, before, after
		FROM registration.entry_changes
		WHERE number = (SELECT min(number) FROM registration.entry_changes WHERE action = 'OFFER')`},
	"a place that is counted and nobody's": {wrong, `
		UPDATE registration.races SET waiting = waiting + 1`},
	"an entry of nobody": {wrong, `
		UPDATE registration.entries SET request_id = 'nobody'
		WHERE entrant = (SELECT min(entrant) FROM registration.entries)`},
}

// checkHarness plants flaws, and expects that they are found.
func (n *night) checkHarness(t *testing.T) {
	for name, flaw := range planted {
		t.Run(name, func(t *testing.T) {
			tx, err := n.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
			if _, err := tx.Exec(t.Context(), flaw.sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				t.Fatal(err)
			}
			l, err := readLedger(t.Context(), tx)
			if err != nil {
				t.Fatal(err)
			}
			if found := l.flaws(n.applicants, n.places); len(found[flaw.kind]) == 0 {
				t.Errorf("found %v, want something %s", found, flaw.kind)
			}
		})
	}
	l := n.read(t)
	at := slices.IndexFunc(n.applicants, func(a *applicant) bool { return a.replies[0].hasPlace() && len(a.payments) > 0 })
	for name, told := range misheard {
		t.Run(name, func(t *testing.T) {
			applicants, other := slices.Clone(n.applicants), *n.applicants[at]
			other.replies = slices.Clone(other.replies)
			told.change(&other)
			applicants[at] = &other
			if found := l.flaws(applicants, n.places); len(found[told.kind]) == 0 {
				t.Errorf("found %v, want something %s", found, told.kind)
			}
		})
	}
}

// misheard are flaws as somebody who has and paid for a place might be told of them.
var misheard = map[string]struct {
	kind   string
	change func(a *applicant)
}{
	"two entries for one key": {double, func(a *applicant) {
		a.replies = append(a.replies, a.replies[0])
		a.replies[len(a.replies)-1].reference = "2222-2222"
	}},
	"a refusal beside an entry": {double, func(a *applicant) {
		a.replies = append(a.replies, reply{refusal: "RACE_FULL", sentAt: a.sentAt(), gotAt: a.gotAt()})
	}},
	"a place for one who came too late": {unfair, func(a *applicant) {
		for i := range a.replies {
			a.replies[i].sentAt, a.replies[i].gotAt = time.Now(), time.Now()
		}
	}},
	"a payment that counts and does not": {double, func(a *applicant) {
		p := *a.payments[0]
		p.outcomes[webhook] = outcomeOf(!p.counts)
		a.payments = []*payment{&p}
	}},
}
