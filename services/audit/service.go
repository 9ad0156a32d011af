package audit

import (
	"context"
	"fmt"
	"strconv"

	"raceday/services/fault"
	"raceday/services/rules/race"
)

// Faults of the audit.
var (
	ErrPageSizeInvalid  = fault.New(fault.Invalid, "PAGE_SIZE_INVALID", "page_size is 1 to 1000, or 0 for 100")
	ErrPageTokenInvalid = fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "page_token is that of the answer before")
)

// Store keeps the actions.
type Store interface {
	// List returns at most limit actions of an event with a number above after, in their order.
	List(ctx context.Context, event race.EventID, after int64, limit int) ([]Action, error)
	// Each calls each with all actions of an event as of one moment, in their order; it ends with the first error of each.
	Each(ctx context.Context, event race.EventID, each func(Action) error) error
}

// Events knows what is run.
type Events interface {
	// Event returns the newest version of an event, or a fault that says that there is none.
	Event(ctx context.Context, id race.EventID) (*race.Event, error)
}

// Service lists and verifies actions.
type Service struct {
	events Events
	store  Store
}

// New returns a service on the actions of the events.
func New(events Events, store Store) *Service { return &Service{events, store} }

const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// List returns a page of the actions of an event in their order, and the token of the next, empty on the last. It returns
// ErrPageSizeInvalid, ErrPageTokenInvalid or the fault of an event that is none.
func (s *Service) List(ctx context.Context, event race.EventID, size int, token string) ([]Action, string, error) {
	if size == 0 {
		size = defaultPageSize
	}
	if size < 1 || size > maxPageSize {
		return nil, "", ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	}
	var after int64
	if token != "" {
		var err error
		if after, err = strconv.ParseInt(token, 10, 64); err != nil || after < 1 {
			return nil, "", ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
		}
	}
	if _, err := s.events.Event(ctx, event); err != nil {
		return nil, "", err
	}
	actions, err := s.store.List(ctx, event, after, size+1)
	if err != nil {
		return nil, "", fmt.Errorf("list actions: %w", err)
	}
	if len(actions) <= size {
		return actions, "", nil
	}
	return actions[:size], strconv.FormatInt(actions[size-1].Number, 10), nil
}

// Verified is what Verify found.
type Verified struct {
	// Actions are as they were recorded: all of them, or those before Touched.
	Actions int64
	// Touched is the number of the first action that is not as it was recorded, or that is missing; 0 where there is none.
	Touched int64
	// Last is the digest of the last of the Actions; nil where there is none.
	Last *Digest
}

// Verify computes all digests of an event again, or returns the fault of an event that is none.
func (s *Service) Verify(ctx context.Context, event race.EventID) (Verified, error) {
	if _, err := s.events.Event(ctx, event); err != nil {
		return Verified{}, err
	}
	var v Verified
	err := s.store.Each(ctx, event, func(a Action) error {
		switch {
		case v.Touched != 0:
		case a.Number != v.Actions+1 || a.Digest != a.after(v.Last):
			v.Touched = v.Actions + 1
		default:
			v.Actions, v.Last = a.Number, &a.Digest
		}
		return nil
	})
	if err != nil {
		return Verified{}, fmt.Errorf("verify actions: %w", err)
	}
	return v, nil
}
