package main

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	auditv1 "raceday/proto/raceday/audit/v1"
	eventv1 "raceday/proto/raceday/event/v1"
	registrationv1 "raceday/proto/raceday/registration/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/access"
	"raceday/services/access/accesspg"
	"raceday/services/audit"
	"raceday/services/audit/auditgrpc"
	"raceday/services/audit/auditpg"
	"raceday/services/broker"
	"raceday/services/event"
	"raceday/services/event/eventgrpc"
	"raceday/services/event/eventpg"
	"raceday/services/grpcserver"
	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/registration/registrationgrpc"
	"raceday/services/registration/registrationpg"
	"raceday/services/rules/race"
	"raceday/services/scoring"
	"raceday/services/scoring/scoringnats"
	"raceday/services/scoring/scoringpg"
	"raceday/services/standings"
	"raceday/services/standings/standingsgrpc"
	"raceday/services/standings/standingsnats"
	"raceday/services/standings/standingspdf"
	"raceday/services/standings/standingspg"
	"raceday/services/standings/standingsxlsx"
	"raceday/services/timing"
	"raceday/services/timing/timinggrpc"
	"raceday/services/timing/timingnats"
	"raceday/services/timing/timingpg"
)

// allServices are the parts that --services may name.
var allServices = []string{"event", "registration", "timing", "scoring", "standings"}

// surroundings are the servers that the services run on.
type surroundings struct {
	databaseURL string
	pool        *pgxpool.Pool
	nats        *nats.Conn
	replicas    int
	// unsafe admits streams that might lose what they acknowledged.
	unsafe bool
	log    *slog.Logger
}

// assembly is every part of a running raceday.
type assembly struct {
	around  surroundings
	running []string
	access  *access.Service
	streams streams
	events  *eventpg.Store
	scorer  *scoring.Scorer
	wakes   *scoring.Wakes
	boards  *standings.Boards
	mats    *timing.Mats
	server  *grpcserver.Server
	// keeper gives back places that run out of time; vacancies are what races have left.
	keeper    *registration.Keeper
	vacancies *registration.VacancyBoard
}

// assemble puts the parts together; running names the services that are served.
func assemble(around surroundings, running []string) (*assembly, error) {
	js, err := broker.JetStream(around.nats)
	if err != nil {
		return nil, err
	}
	papers, err := standingspdf.NewPrinter()
	if err != nil {
		return nil, err
	}
	var (
		pool    = around.pool
		events  = eventpg.New(pool)
		roster  = registrationpg.New(pool)
		facts   = facts{pool, events, timingpg.New(pool), make(chan struct{}, maxExports)}
		derived = standingspg.New(pool, versions{facts.timing})
		nats    = streams{timingnats.NewStreams(js, around.replicas), around.unsafe}
		wakes   = scoring.NewWakes()
		left    = registration.NewVacancyBoard(events, roster)
		entries = registration.New(registration.Dependencies{
			Events: events, Store: roster, Papers: registrationpg.NewPapers(pool), Census: roster, Vacancies: left,
			Now: time.Now,
		})
		keys = access.New(accesspg.New(pool), time.Now)
	)
	scorer := &scoring.Scorer{
		Facts:   scorerFacts{events, roster, facts.timing},
		Reads:   scorerReads{facts.timing},
		Stream:  scorerStream{nats, timingnats.NewSource(js, around.log)},
		Store:   scoringpg.New(pool, appender{facts.timing}),
		Results: scorerResults{derived},
		Notices: scoringnats.New(around.nats, around.log),
		Log:     around.log,
		Now:     time.Now,
		Changed: wakes.Changed,
	}
	boards := standings.NewBoards(derived, standingsnats.New(around.nats, around.log), events, around.log)
	mats := timing.NewMats(timing.MatsDependencies{
		Events: events, Field: matField{roster}, Facts: facts.timing, Stream: matStream{nats, timingnats.NewSource(js, around.log)},
		Changed: wakes.Changed, Log: around.log, Now: time.Now,
	})
	server := grpcserver.New(grpcserver.Options{
		Log:           around.log,
		Authenticator: keys,
		Roles:         roles(running),
		Ready: []grpcserver.Check{
			{Name: "postgres", Ready: pool.Ping},
			{Name: "nats", Ready: func(ctx context.Context) error { return broker.CheckReady(ctx, around.nats) }},
		},
	})
	a := &assembly{
		around, running, keys, nats, events, scorer, wakes, boards, mats, server, registration.NewKeeper(entries), left,
	}
	if a.runs("event") {
		eventv1.RegisterEventServiceServer(server, eventgrpc.New(event.New(events, nats, entries, time.Now)))
		auditv1.RegisterAuditServiceServer(server, auditgrpc.New(audit.New(events, auditpg.New(pool))))
	}
	if a.runs("registration") {
		registrationv1.RegisterRegistrationServiceServer(server, registrationgrpc.New(entries))
	}
	if a.runs("timing") {
		timingv1.RegisterTimingServiceServer(server, timinggrpc.New(timing.New(timing.Dependencies{
			Store: facts.timing, Events: events, Course: course{boards}, Now: time.Now, Wearers: roster,
			Roster: rosterLines{roster}, ChipReads: facts.timing,
			Starts: derived, Explainer: explainer{pool, events, roster, facts.timing}, Standings: ranks{boards}, Mats: mats,
		})))
	}
	if a.runs("standings") {
		standingsgrpc.New(standings.NewService(standings.Dependencies{
			Boards: boards, Store: derived, Events: events, Facts: facts, Rebuilder: rebuilder{scorer},
			Anomalies: derived, Conflicts: conflicts{facts.timing, roster}, Workbooks: standingsxlsx.Writer{}, Papers: papers,
			Official: standingspg.NewOfficialLists(pool), Prizes: standingspg.NewPrizes(pool), Courses: standingspg.NewCourses(pool),
			Now: time.Now,
		})).Register(server)
	}
	return a, nil
}

func (a *assembly) runs(service string) bool { return slices.Contains(a.running, service) }

// ensureStreams makes sure that every event has its stream, set as it must be.
func (a *assembly) ensureStreams(ctx context.Context) error {
	ids, err := a.events.EventIDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := a.streams.nats.EnsureStream(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// run serves until ctx ends. The boards stay until the last call is answered.
func (a *assembly) run(ctx context.Context, listener net.Listener) error {
	keep, release := context.WithCancel(context.WithoutCancel(ctx))
	defer release()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer release()
		return a.server.Serve(ctx, listener)
	})
	if a.runs("registration") {
		group.Go(func() error { return a.keepPlaces(ctx) })
	}
	if a.runs("standings") || a.runs("timing") { // who closes a race is told who is still out
		group.Go(func() error { return a.boards.Run(keep) })
	}
	if a.runs("timing") {
		group.Go(func() error { return a.mats.Run(keep) })
	}
	if a.runs("scoring") || a.runs("timing") {
		group.Go(func() error { return a.listen(ctx) })
	}
	if a.runs("scoring") {
		group.Go(func() error { return a.score(ctx) })
	}
	return group.Wait()
}

// keepPlaces looks after the places of races and what they have left, as entries and events change.
func (a *assembly) keepPlaces(ctx context.Context) error {
	failed := a.sparingly(ctx, "places could not be looked after")
	listener := postgres.Listener{
		URL:      a.around.databaseURL,
		Channels: []string{"raceday_entries", "raceday_changes"},
		Log:      a.around.log,
		Heard: func(payload string) {
			a.keeper.Heard()
			a.vacancies.Heard(race.EventID(payload))
		},
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.keeper.Run(ctx, failed) })
	group.Go(func() error { return a.vacancies.Run(ctx, failed) })
	group.Go(func() error { return listener.Run(ctx) })
	return group.Wait()
}

// tellEvery is how often a failure that is tried again at once is told of at the most.
const tellEvery = 10 * time.Second

// sparingly returns what logs failures that come one after another.
func (a *assembly) sparingly(ctx context.Context, message string) func(error) {
	var mu sync.Mutex
	var told time.Time
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if told.IsZero() || time.Since(told) >= tellEvery {
			told = time.Now()
			a.around.log.WarnContext(ctx, message, "error", err)
		}
	}
}

// listen wakes the scorers of this process, and what watches the mats, when facts change.
func (a *assembly) listen(ctx context.Context) error {
	listener := postgres.Listener{
		URL:      a.around.databaseURL,
		Channels: []string{"raceday_changes"},
		Log:      a.around.log,
		Heard:    func(payload string) { a.wakes.Wake(race.EventID(payload)) },
	}
	return listener.Run(ctx)
}

// score competes for the events and scores those that it wins.
func (a *assembly) score(ctx context.Context) error {
	locks := postgres.Locks{
		URL:   a.around.databaseURL,
		Log:   a.around.log,
		Keys:  a.scored,
		While: func(ctx context.Context, key string) error { return a.scorer.Run(ctx, race.EventID(key)) },
	}
	return locks.Run(ctx)
}

// scored returns the events that this process competes to score.
func (a *assembly) scored(ctx context.Context) ([]string, error) {
	ids, err := a.events.EventIDs(ctx)
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	return keys, err
}
