package registration

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"raceday/services/rules/race"
)

// Registration asks for a place.
type Registration struct {
	Event race.EventID
	Race  race.ID
	// RequestID is made by the client; the same id is the same request.
	RequestID string
	// Person is who enters, or the team as such.
	Person race.Person
	// Members are a team's.
	Members []race.Member
	Tags    []string
}

const (
	maxRequestIDRunes = 64
	// admitTime bounds the transaction that a batch is decided in.
	admitTime = 20 * time.Second
	// competitions bounds how often something is decided anew because another race's batch was faster with the same
	// person or request, or because another version of the event was applied.
	competitions = 5
)

// application is a registration that waits for its answer.
type application struct {
	Registration
	turn
	team   bool
	digest Digest
	entry  Entry
	err    error
}

// RegisterPerson enters a person and returns the entry; a request id that is known is answered with the entry that it
// made, as it now stands. Faults: one that says that there is no such event, ErrRaceNotFound, ErrRaceTakesTeams,
// ErrRegistrationNotOpen, ErrRegistrationClosed, ErrAlreadyEntered, ErrRaceFull, ErrRequestIDInvalid, ErrRequestIDReused,
// ErrBusy, and those of the person's data.
func (s *Service) RegisterPerson(ctx context.Context, r Registration) (Entry, error) {
	return s.register(ctx, r, false)
}

// RegisterTeam enters a team with its members, all or nothing, and otherwise does as RegisterPerson. Further faults:
// ErrRaceTakesPersons, ErrTeamSize, ErrTeamComposition, ErrLegInvalid, ErrMemberInTwoTeams, and ErrFieldNotTaken for a
// member with a bib or chips.
func (s *Service) RegisterTeam(ctx context.Context, r Registration) (Entry, error) {
	if r.Person.Sex == race.SexUnknown {
		r.Person.Sex = race.X
	}
	return s.register(ctx, r, true)
}

func (s *Service) register(ctx context.Context, r Registration, team bool) (Entry, error) {
	if n := utf8.RuneCountInString(r.RequestID); n < 1 || n > maxRequestIDRunes || !isText(r.RequestID) {
		return Entry{}, ErrRequestIDInvalid.With(ErrRequestIDInvalid.At("request_id"))
	}
	digest, err := digestOf(r, team)
	if err != nil {
		return Entry{}, err
	}
	a := &application{Registration: r, turn: newTurn(), team: team, digest: digest}
	if err := s.queue.run(ctx, a, s.decideBatch); err != nil {
		return Entry{}, err
	}
	return a.entry, a.err
}

// digestOf covers everything that a repeat of the request repeats.
func digestOf(r Registration, team bool) (Digest, error) {
	content, err := json.Marshal(struct {
		Registration Registration
		Team         bool
	}{r, team})
	if err != nil {
		return Digest{}, fmt.Errorf("digest of a registration: %w", err)
	}
	return sha256.Sum256(content), nil
}

// decideBatch answers every application of a batch: all are for one race.
func (s *Service) decideBatch(ctx context.Context, batch []*application) {
	ctx, cancel := context.WithTimeout(ctx, admitTime)
	defer cancel()
	answers, err := s.admit(ctx, batch)
	for i, a := range batch {
		if a.err = err; err == nil {
			a.entry, a.err = answers[i].entry, answers[i].err
		}
		close(a.answered)
	}
}

// answer is an entry or a refusal.
type answer struct {
	entry Entry
	err   error
}

// admit decides a batch in one transaction. Its error answers all of it: nothing was decided.
func (s *Service) admit(ctx context.Context, batch []*application) ([]answer, error) {
	for range competitions {
		event, version, err := s.events.EventVersion(ctx, batch[0].Event)
		if err != nil {
			return nil, fmt.Errorf("admit: %w", err)
		}
		r := event.Race(batch[0].Race)
		if r == nil {
			return nil, ErrRaceNotFound
		}
		var answers []answer
		on := Basis{Event: event.ID, Version: version, Races: []Places{{r.ID, r.Capacity}}}
		err = s.store.InRaces(ctx, on, func(ctx context.Context, tx Tx) error {
			d := decision{event: event, race: r, at: s.instant(), free: tx.Free(r.ID)}
			var err error
			answers, err = d.decide(ctx, tx, batch)
			return err
		})
		if err == nil {
			return answers, nil
		}
		if !competed(err) {
			return nil, fmt.Errorf("admit: %w", err)
		}
	}
	return nil, ErrBusy
}

// competed reports whether somebody who holds another race's places committed the same person, request or reference
// since this transaction looked, or another version of the event was applied.
func competed(err error) bool {
	return errors.Is(err, ErrAlreadyEntered) || errors.Is(err, ErrRequestIDReused) || errors.Is(err, ErrReferenceTaken) ||
		errors.Is(err, ErrEventChanged)
}
