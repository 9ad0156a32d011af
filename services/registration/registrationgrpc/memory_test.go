package registrationgrpc_test

import (
	"context"
	"math"
	"slices"

	"raceday/services/registration"
	"raceday/services/rules/race"
)

// memory is an event and its entries. It holds no rule of the database's.
type memory struct {
	event   race.Event
	entries []registration.Entry
	// cause is that of the last change, after and limit are those of the last list.
	cause registration.Cause
	after race.EntrantID
	limit int
	// saveErr is what Save answers.
	saveErr error
}

func (m *memory) EventVersion(context.Context, race.EventID) (*race.Event, int64, error) {
	return &m.event, 1, nil
}

func (m *memory) InRaces(
	ctx context.Context, _ registration.Basis, f func(context.Context, registration.Tx) error,
) error {
	return f(ctx, m)
}

func (m *memory) EntryByReference(
	ctx context.Context, _ race.EventID, reference registration.Reference,
) (registration.Entry, error) {
	return m.Entry(ctx, reference)
}

func (m *memory) EntryByBib(_ context.Context, _ race.EventID, bib race.Bib) (registration.Entry, error) {
	return m.find(func(e registration.Entry) bool { return e.Bib == bib })
}

func (m *memory) ListEntries(
	_ context.Context, _ race.EventID, _ race.ID, after race.EntrantID, limit int,
) ([]registration.Entry, error) {
	m.after, m.limit = after, limit
	return m.entries[:min(limit, len(m.entries))], nil
}

func (m *memory) Free(race.ID) int { return math.MaxInt }

func (m *memory) Known(context.Context, []string, []registration.Digest) (registration.Known, error) {
	return registration.Known{
		Requests: map[string]registration.Entry{}, People: map[registration.Digest]registration.Holding{},
	}, nil
}

func (m *memory) Entry(_ context.Context, reference registration.Reference) (registration.Entry, error) {
	return m.find(func(e registration.Entry) bool { return e.Reference == reference })
}

func (m *memory) Entries(context.Context) ([]registration.Entry, error) {
	return slices.Clone(m.entries), nil
}

func (m *memory) Save(_ context.Context, changes registration.Changes) error {
	if m.saveErr != nil {
		return m.saveErr
	}
	m.cause = changes.Cause
	m.entries = append(m.entries, changes.Added...)
	for _, change := range changes.Changed {
		i := slices.IndexFunc(m.entries, func(e registration.Entry) bool { return e.Reference == change.Before.Reference })
		m.entries[i] = change.After
	}
	return nil
}

func (m *memory) find(wanted func(registration.Entry) bool) (registration.Entry, error) {
	if i := slices.IndexFunc(m.entries, wanted); i >= 0 {
		return m.entries[i], nil
	}
	return registration.Entry{}, registration.ErrEntryNotFound
}
