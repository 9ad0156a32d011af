package registration

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"raceday/services/rules/race"
)

// PaperRequest is a paper to be recorded of a person of an entry; exactly one of Guardian and Document is set.
type PaperRequest struct {
	Event     race.EventID
	RequestID string
	Reference Reference
	// Member is the index in members, nil for the person of an entry.
	Member   *int
	Guardian *Guardian
	Document *Document
}

// RecordGuardian records who answers for a minor, and the consent. Faults: ErrEntryNotFound, ErrEntryEnded,
// ErrGuardianInvalid, ErrMemberUnknown and those of a request.
func (s *Service) RecordGuardian(ctx context.Context, actor string, p PaperRequest) (Entry, error) {
	if err := checkGuardianData("guardian", p.Guardian); err != nil {
		return Entry{}, err
	}
	return s.recordPaper(ctx, Cause{Action: ActionRecordGuardian, Actor: actor}, p)
}

// RecordDocument records that an official saw a document. Faults: ErrEntryNotFound, ErrEntryEnded, ErrMemberUnknown and
// those of a request.
func (s *Service) RecordDocument(ctx context.Context, actor string, p PaperRequest) (Entry, error) {
	return s.recordPaper(ctx, Cause{Action: ActionRecordDocument, Actor: actor}, p)
}

func (s *Service) recordPaper(ctx context.Context, cause Cause, p PaperRequest) (Entry, error) {
	t := &transition{event: p.Event, key: Key{Reference: p.Reference}, requestID: p.RequestID, cause: cause}
	t.apply = func(_ context.Context, s *session, e Entry) error {
		if !e.State.Stands() {
			return ErrEntryEnded
		}
		whose, err := whoseOf(&e, p.Member)
		if err != nil {
			return err
		}
		paper := Paper{Entrant: e.ID, Whose: whose}
		if p.Guardian != nil {
			if err := checkConsent("guardian", p.Guardian, s.now); err != nil {
				return err
			}
			paper.Guardian = dated(p.Guardian, s.now)
		} else {
			paper.Document = &Document{Held: p.Document.Held, VerifiedBy: cause.Actor, VerifiedAt: s.now}
		}
		s.record(&e, e, cause)
		s.changes.Papers = append(s.changes.Papers, paper)
		return nil
	}
	return s.transit(ctx, t, p)
}

// whoseOf returns of whom an entry's papers are: of its person, or of the member with an index.
func whoseOf(e *Entry, member *int) (Whose, error) {
	if member == nil && !e.isTeam() {
		return Whose{}, nil
	}
	if member == nil || *member < 0 || *member >= len(e.Members) {
		return Whose{}, ErrMemberUnknown.With(ErrMemberUnknown.At("member"))
	}
	whose, known := whoseMember(&e.Members[*member])
	if !known {
		return Whose{}, ErrMemberUnknown.With(ErrMemberUnknown.At("member"))
	}
	return whose, nil
}

// NameRequest says how a name of an entry is to be published.
type NameRequest struct {
	Event     race.EventID
	RequestID string
	Reference Reference
	// Member is the index in members, nil for the person, or for a team's own name.
	Member    *int
	NameShown race.NameShown
}

// SetNameShown says how a name is published; row and rank stay. Faults: ErrEntryNotFound, ErrEntryEnded, ErrMemberUnknown
// and those of a request. [RULES.md, Publication and privacy]
func (s *Service) SetNameShown(ctx context.Context, actor string, n NameRequest) (Entry, error) {
	t := &transition{
		event: n.Event, key: Key{Reference: n.Reference}, requestID: n.RequestID,
		cause: Cause{Action: ActionShowName, Actor: actor},
	}
	t.apply = func(_ context.Context, s *session, before Entry) error {
		if !before.State.Stands() {
			return ErrEntryEnded
		}
		after := before
		if n.Member == nil {
			after.NameShown = n.NameShown
		} else {
			if *n.Member < 0 || *n.Member >= len(before.Members) {
				return ErrMemberUnknown.With(ErrMemberUnknown.At("member"))
			}
			after.Members = slices.Clone(before.Members)
			after.Members[*n.Member].NameShown = n.NameShown
		}
		s.record(&before, after, t.cause)
		return nil
	}
	return s.transit(ctx, t, n)
}

// EraseEntry forgets who an entry is: names, birth dates, contact, guardians, documents, and what its history holds of
// them; also of those entries of the event that the same person passed on to it. What results follow from stays: age, sex, country, club, category, bib, chips. Faults: ErrEntryNotFound,
// ErrReasonMissing and those of a request.
func (s *Service) EraseEntry(
	ctx context.Context, actor string, event race.EventID, requestID string, reference Reference, reason string,
) (Entry, error) {
	reason, err := checkReason(reason)
	if err != nil {
		return Entry{}, err
	}
	t := &transition{
		event: event, key: Key{Reference: reference}, requestID: requestID,
		cause: Cause{Action: ActionErase, Actor: actor, Reason: reason}, withoutRace: true,
	}
	t.apply = func(ctx context.Context, s *session, e Entry) error {
		s.erase(e, t.cause)
		return s.erasePredecessors(ctx, e, t.cause)
	}
	e, err := s.transit(ctx, t, []string{string(reference), reason})
	if err != nil {
		return Entry{}, fmt.Errorf("erase entry: %w", err)
	}
	return e, nil
}

func (s *session) erase(before Entry, cause Cause) {
	r := s.event.Race(before.Race)
	if r == nil {
		r = &race.Race{} // Ages are then those of the day.
	}
	after := before
	after.Person = s.erased(r, before.Person)
	after.Members = slices.Clone(before.Members)
	for i := range after.Members {
		after.Members[i].Person = s.erased(r, after.Members[i].Person)
	}
	after.Owner, after.RequestDigest, after.JoinCode = "", Digest{}, ""
	s.record(&before, after, cause)
	s.changes.Erased = append(s.changes.Erased, before.ID)
}

// erasePredecessors forgets the entries whose place this one took, as far as they are of the same people.
func (s *session) erasePredecessors(ctx context.Context, e Entry, cause Cause) error {
	for e.CameFrom.Event == s.event.ID {
		key := Key{Reference: e.CameFrom.Reference}
		known, err := s.tx.Ask(ctx, Question{Entries: []Key{key}})
		if err != nil {
			return err
		}
		before := s.asNow(known.Entries[key])
		if !reflect.DeepEqual(before.people(), e.people()) || before.State.Stands() {
			return nil
		}
		s.erase(before, cause)
		e = before
	}
	return nil
}

// erased returns what is left of a person.
func (s *session) erased(r *race.Race, p race.Person) race.Person {
	left := race.Person{
		Sex: p.Sex, Country: p.Country, Club: p.Club, Category: p.Category, NameShown: race.NameHidden,
	}
	if years, known := r.Years(p, s.event.Day); known {
		left.AgeYears = &years
	}
	return left
}
