package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/testing/protocmp"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/postgres"
)

const (
	rushEvent = "rush"
	rushRace  = "ten"
	// rushFeeMinor and rushCurrency are those of rushFile, in minor units.
	rushFeeMinor = 1_200_000
	rushCurrency = "KZT"
)

// rushFile is an event whose only race has a number of places, and of entries that may wait for one.
const rushFile = `id: rush
day: "2026-09-27"
time_zone: Asia/Almaty
currency: KZT
points: [{id: line}]
races:
  - id: ten
    format: TEN_KM
    capacity: %d
    registration: {hold: 24h, waitlist: %d}
    waves: [{id: A}]
    fees: [{amount: 12000, charity_percent: 20}]
    course: [{point: line}, {point: line, at_metres: 10000}]
    classifications: [{id: overall}]
`

// rush is how large the rush of an opening night is.
type rush struct {
	// keys ask for places; waitlist is how many may wait.
	keys, places, waitlist int
	processes              int
	// atOnce is how many applicants ask at once.
	atOnce int
	// durable is false for a database that forgets in a crash what it confirmed.
	durable bool
}

// night is a rush under way: the servers, who asks, and what happened.
type night struct {
	rush
	rng        *rand.Rand
	database   *crashingDatabase
	pool       *pgxpool.Pool
	frontends  *frontends
	applicants []*applicant

	crashes, kills              int
	withdrawn, expired, offered int
}

func startNight(t *testing.T, seed uint64, size rush) *night {
	t.Helper()
	n := &night{rush: size, rng: rand.New(rand.NewPCG(seed, 1)), database: startCrashingDatabase(t, size.durable)}
	nats := &brokerAt{dir: t.TempDir(), address: "127.0.0.1:0"}
	nats.start(t)
	t.Cleanup(nats.Stop)
	url, address := n.database.cluster.URL(), strings.TrimPrefix(nats.URL(), "nats://")
	made, _ := raceday(t, exitSuccess, "key", "create", "--database-url", url, "--role", "admin", "--name", "rush")
	admin := key{given: strings.TrimSpace(made)}
	n.frontends = &frontends{again: map[string]int{}}
	var starting errgroup.Group
	for range n.processes {
		r := newReplica(t, admin, 1+n.atOnce/100, onServers(url, address, "--wait", "--services", "event,registration")...)
		n.frontends.replicas = append(n.frontends.replicas, r)
		starting.Go(func() error { return r.start(t.Context()) })
	}
	if err := starting.Wait(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "event.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, rushFile, n.places, n.waitlist), 0o600); err != nil {
		t.Fatal(err)
	}
	raceday(t, exitSuccess, "event", "apply", "--server", n.frontends.replicas[0].address, "--key", admin.given, file)
	var err error
	if n.pool, err = postgres.Open(t.Context(), url, postgres.Options{Name: "rush", MaxConns: 2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.pool.Close)
	for i := range n.keys {
		n.applicants = append(n.applicants, n.newApplicant(i))
	}
	n.watch(t)
	return n
}

// newApplicant makes up somebody; every second one asks twice at once.
func (n *night) newApplicant(i int) *applicant {
	first := n.rng.IntN(n.processes)
	a := &applicant{
		key: fmt.Sprintf("key %d", i), name: fmt.Sprintf("Runner %d", i), sex: registrationv1.Sex_SEX_F,
		country: []string{"KAZ", "KGZ", "UZB"}[n.rng.IntN(3)], joins: n.rng.IntN(4) == 0, sentTo: []int{first},
	}
	if n.rng.IntN(2) == 0 {
		a.sex = registrationv1.Sex_SEX_M
	}
	if i%2 == 0 {
		a.sentTo = append(a.sentTo, first+1+n.rng.IntN(n.processes-1))
	}
	a.pays = n.rng.IntN(3) == 0
	a.early = a.pays && n.rng.IntN(2) == 0
	return a
}

// watch watches what is left on every process until the test ends.
func (n *night) watch(t *testing.T) {
	t.Helper()
	var watchers errgroup.Group
	for _, r := range n.frontends.replicas {
		watchers.Go(func() error { return r.watch(t.Context()) })
	}
	t.Cleanup(func() {
		if err := watchers.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// under does work that brings a number of answers while PostgreSQL crashes and servers are killed, each at so many random
// moments of it.
func (n *night) under(t *testing.T, faults, answers int, work func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), nightTime)
	defer cancel()
	crashes, kills := n.moments(faults, answers), n.moments(faults, answers)
	var got atomic.Int64
	n.frontends.count = func() {
		at := got.Add(1)
		crashes.reach(at)
		kills.reach(at)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return work(ctx) })
	group.Go(func() error { return crashes.each(ctx, n.database.crash) })
	group.Go(func() error {
		return kills.each(ctx, func(ctx context.Context) error {
			return n.frontends.replicas[n.rng.IntN(n.processes)].kill(ctx)
		})
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	n.crashes, n.kills = n.crashes+faults, n.kills+faults
}

// nightTime bounds each part of a night.
const nightTime = 10 * time.Minute

// moments are numbers of answers at which something happens.
type moments struct {
	at      []int64
	reached chan struct{}
}

func (n *night) moments(count, answers int) *moments {
	return &moments{at: killMoments(n.rng.Uint64(), count, int64(answers)), reached: make(chan struct{}, count)}
}

func (m *moments) reach(answers int64) {
	for _, at := range m.at {
		if at+1 == answers {
			m.reached <- struct{}{}
		}
	}
}

func (m *moments) each(ctx context.Context, do func(ctx context.Context) error) error {
	for range m.at {
		select {
		case <-m.reached:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (n *night) read(t *testing.T) *ledger {
	t.Helper()
	var l *ledger
	err := postgres.InTx(t.Context(), n.pool, func(ctx context.Context, tx pgx.Tx) (err error) {
		l, err = readLedger(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// check reports what is wrong with what is stored, and where a process counts something else.
func (n *night) check(t *testing.T) flaws {
	t.Helper()
	l := n.read(t)
	found := l.flaws(n.applicants, n.places)
	for kind, list := range found {
		t.Errorf("%s, %d times: %s", kind, len(list), strings.Join(list[:min(len(list), 10)], "; "))
	}
	want := &registrationv1.GetTotalsResponse{Totals: []*registrationv1.Totals{l.totals()}, Currency: rushCurrency}
	for _, r := range n.frontends.replicas {
		eventually(t, func() error { return r.counts(t.Context(), want) })
		eventually(t, func() error { return r.shows(t.Context(), l.places) })
	}
	return found
}

// counts returns an error where the process answers other totals than these.
func (r *replica) counts(ctx context.Context, want *registrationv1.GetTotalsResponse) error {
	got, err := r.client().GetTotals(ctx, &registrationv1.GetTotalsRequest{EventId: rushEvent})
	if err != nil {
		return err
	}
	byState := protocmp.SortRepeated(func(x, y *registrationv1.StateCount) bool { return x.GetState() < y.GetState() })
	if diff := cmp.Diff(want, got, protocmp.Transform(), byState); diff != "" {
		return fmt.Errorf("totals of the server at %s (-want +got):\n%s", r.address, diff)
	}
	return nil
}

// shows returns an error as long as the process answers, or its watcher saw last, other places than these.
func (r *replica) shows(ctx context.Context, want storedPlaces) error {
	answer, err := r.client().GetVacancies(ctx, &registrationv1.GetVacanciesRequest{EventId: rushEvent})
	if err != nil {
		return err
	}
	for how, v := range map[string]*registrationv1.Vacancy{"answers": answer.GetVacancies()[0], "last told": r.left.Load()} {
		got := storedPlaces{int(v.GetCapacity()), int(v.GetTaken()), int(v.GetWaiting())}
		if got != want || int(v.GetFree()) != want.Capacity-want.Taken {
			return fmt.Errorf("the server at %s %s %+v, want %+v", r.address, how, got, want)
		}
	}
	return nil
}

// totals counts the rows.
func (l *ledger) totals() *registrationv1.Totals {
	places := int32(l.places.Capacity)
	totals := &registrationv1.Totals{Race: rushRace, Capacity: &places, Taken: int32(l.places.Taken)}
	states, countries := map[string]int32{}, map[string]int32{}
	for i := range l.entries {
		e := &l.entries[i]
		states[e.State]++
		totals.PaidMinor += e.PaidMinor
		if e.PaidMinor > 0 {
			totals.CharityMinor += e.CharityMinor
		}
		switch {
		case e.State != "CONFIRMED":
			continue
		case e.Sex == "F":
			totals.Women++
		default:
			totals.Men++
		}
		countries[e.Country]++
	}
	for _, p := range l.payments {
		if p.RefundDue {
			totals.RefundDueMinor += p.AmountMinor
		}
	}
	for state, entries := range states {
		code := registrationv1.EntryState(registrationv1.EntryState_value["ENTRY_STATE_"+state])
		totals.States = append(totals.States, &registrationv1.StateCount{State: code, Entries: entries})
	}
	for country, entrants := range countries {
		totals.Countries = append(totals.Countries, &registrationv1.CountryCount{Country: country, Entrants: entrants})
	}
	slices.SortFunc(totals.Countries, func(x, y *registrationv1.CountryCount) int {
		if x.GetEntrants() != y.GetEntrants() {
			return int(y.GetEntrants() - x.GetEntrants())
		}
		return strings.Compare(x.GetCountry(), y.GetCountry())
	})
	return totals
}
