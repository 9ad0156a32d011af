package standings_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"raceday/services/fault"
	"raceday/services/notice"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

const relayDay race.EventID = "relay-day"

var (
	errAway          = errors.New("store is away")
	errEventNotFound = fault.New(fault.NotFound, "EVENT_NOT_FOUND", "there is no such event")
)

// backend is the store, the notices and the events behind boards under test.
type backend struct {
	mu      sync.Mutex
	away    bool
	version int64
	results []result.Result
	// change is the last that is in the results, and recorded the last that there is; with laterChange the event becomes another
	// one.
	change, recorded, laterChange int64
	event, later                  *race.Event
	loads                         int
	hear                          []func(notice.Notice)
	// records are of all courses; lists counts the published ones, which hold published and publishedLegs, last asked for by
	// asked and askedLegs.
	records          []standings.CourseRecord
	lists            int
	published        []standings.PublishedFinish
	publishedLegs    []standings.PublishedLeg
	asked, askedLegs []standings.FasterThan
}

func (b *backend) Load(context.Context, race.EventID) (version, change int64, results []result.Result, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return 0, 0, nil, errAway
	}
	b.loads++
	return b.version, b.change, slices.Clone(b.results), nil
}

func (b *backend) Applied(context.Context, race.EventID) (version, change int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return 0, 0, errAway
	}
	return b.version, b.change, nil
}

func (b *backend) CurrentChange(context.Context, race.EventID) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(b.change, b.recorded), nil
}

func (b *backend) EventAt(_ context.Context, id race.EventID, change int64) (*race.Event, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.event == nil || b.event.ID != id:
		return nil, errEventNotFound
	case b.later != nil && (change == 0 || change >= b.laterChange):
		return b.later, nil
	}
	return b.event, nil
}

func (b *backend) Subscribe(_ race.EventID, f func(notice.Notice)) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hear = append(b.hear, f)
	at := len(b.hear) - 1
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.hear[at] = func(notice.Notice) {}
	}, nil
}

// commit stores the next version, in which one team has a new gun time, and returns its notice.
func (b *backend) commit(gunTime time.Duration) notice.Notice {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := finished(runner(1, "relay", "1", result.Finished, second, 0, 0, gunTime))
	r.Lists = []string{"overall"}
	b.results = []result.Result{r}
	b.version++
	return notice.Notice{
		Event: relayDay, VersionBefore: b.version - 1, VersionAfter: b.version, Changed: []result.Result{r},
	}
}

func (b *backend) send(n notice.Notice) {
	b.mu.Lock()
	hear := slices.Clone(b.hear)
	b.mu.Unlock()
	for _, f := range hear {
		f(n)
	}
}

func (b *backend) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *backend) loadCount() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loads
}

func (b *backend) MarkStamp(context.Context, race.EventID) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		return 0, errAway
	}
	return int64(len(b.records) + b.lists), nil
}

func (b *backend) CourseRecords(context.Context, []race.CourseID) ([]standings.CourseRecord, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.records), nil
}

func (b *backend) PublishedFinishes(
	_ context.Context, _ race.EventID, faster []standings.FasterThan,
) ([]standings.PublishedFinish, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = faster
	return slices.Clone(b.published), nil
}

func (b *backend) PublishedLegs(_ context.Context, _ race.EventID, faster []standings.FasterThan) ([]standings.PublishedLeg, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.askedLegs = faster
	return slices.Clone(b.publishedLegs), nil
}
