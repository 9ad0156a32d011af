package standings

import (
	"context"
	"errors"
	"unicode"
	"unicode/utf8"

	"raceday/services/fault"
	"raceday/services/rules/award"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// Announcement is who won the prizes of a race as it was announced.
type Announcement struct {
	Event race.EventID
	Race  race.ID
	// Number counts the announcements of the race from 1.
	Number      int
	RequestID   string
	AnnouncedAt racetime.Instant
	SignedBy    string
	// Actor is whose key it was.
	Actor  string
	At     FactsAt
	Prizes []AnnouncedPrize
}

// AnnouncedPrize is a prize with the official time that its list ranked by.
type AnnouncedPrize struct {
	award.Prize
	Ranked string
}

func (a *Announcement) prizes() []award.Prize {
	prizes := make([]award.Prize, len(a.Prizes))
	for i, p := range a.Prizes {
		prizes[i] = p.Prize
	}
	return prizes
}

// Awarded is what was announced and handed over of a race, each in its order.
type Awarded struct {
	Announcements []Announcement
	HandOvers     []HandOver
}

// Prizes keeps what was announced and handed over.
type Prizes interface {
	// Awarded returns all of a race.
	Awarded(ctx context.Context, event race.EventID, raceID race.ID) (Awarded, error)
	// AddAnnouncement stores an announcement, and what was done in the audit. It returns ErrAwardedMeanwhile where there is one
	// of this number, ErrRequestIDReused where there is one of this request.
	AddAnnouncement(ctx context.Context, a Announcement) error
	// AddHandOver stores a hand-over, and what was done in the audit. It returns ErrAwardedMeanwhile where there is one of this
	// number, ErrRequestIDReused where there is one of this request.
	AddHandOver(ctx context.Context, h HandOver) error
}

// The faults of announcing prizes and handing them over.
var (
	ErrRequestIDInvalid = fault.New(fault.Invalid, "REQUEST_ID_INVALID",
		"a request id is 1 to 64 letters, digits and . _ : -, beginning with a letter or digit")
	ErrRequestIDReused   = fault.New(fault.AlreadyExists, "REQUEST_ID_REUSED", "this request id was used for another request")
	ErrSignatureMissing  = fault.New(fault.Invalid, "SIGNATURE_MISSING", "who signs is needed")
	ErrTextInvalid       = fault.New(fault.Invalid, "TEXT_INVALID", "a text is at most 200 printable characters")
	ErrAwardsUnchanged   = fault.New(fault.Refused, "AWARDS_UNCHANGED", "nothing is to be announced that was not announced already")
	ErrAwardedMeanwhile  = fault.New(fault.Aborted, "AWARDED_MEANWHILE", "somebody else recorded prizes of the race just now; look at them")
	ErrPrizeNotAnnounced = fault.New(fault.Refused, "PRIZE_NOT_ANNOUNCED", "no prize of the list was announced for this bib")
	ErrPrizeLost         = fault.New(fault.Refused, "PRIZE_LOST",
		"the prize is no longer won with this place; look at the awards, and announce them again")
	ErrPrizeHeld    = fault.New(fault.Refused, "PRIZE_HELD", "a prize of the list is in this entrant's hands already; take it back first")
	ErrPrizeNotHeld = fault.New(fault.Refused, "PRIZE_NOT_HELD", "no prize of the list is in this entrant's hands")
)

// AwardsToAnnounce asks to record that the prizes of a race were announced.
type AwardsToAnnounce struct {
	Event race.EventID
	Race  race.ID
	// RequestID names the request, so that a repeat is none.
	RequestID string
	SignedBy  string
}

// AnnounceAwards records that the prizes of a race were announced as they follow from all changes that were made before the call.
// Faults: one that says that there is no such event, ErrRaceNotFound, ErrRequestIDInvalid, ErrRequestIDReused,
// ErrSignatureMissing, ErrTextInvalid, ErrNotScoredYet, ErrAwardsUnchanged, ErrAwardedMeanwhile.
func (s *Service) AnnounceAwards(ctx context.Context, actor string, a AwardsToAnnounce) (announced Announcement, err error) {
	if a.SignedBy == "" {
		return Announcement{}, ErrSignatureMissing.With(ErrSignatureMissing.At("signed_by"))
	}
	if err := checkAwardRequest(a.RequestID, "signed_by", a.SignedBy); err != nil {
		return Announcement{}, err
	}
	err = recordAward(func() error {
		awarded, err := s.awarded(ctx, a.Event, a.Race)
		if err != nil {
			return err
		}
		for _, before := range awarded.Announcements {
			if before.RequestID != a.RequestID {
				continue
			}
			if announced = before; before.SignedBy != a.SignedBy {
				return ErrRequestIDReused
			}
			return nil
		}
		if announced, err = s.announcement(ctx, a, awarded); err != nil {
			return err
		}
		announced.Actor = actor
		return s.deps.Prizes.AddAnnouncement(ctx, announced)
	})
	return announced, err
}

// announcement returns what is to be announced. Faults: ErrRaceNotFound, ErrAwardsUnchanged.
func (s *Service) announcement(ctx context.Context, a AwardsToAnnounce, awarded Awarded) (Announcement, error) {
	d, err := s.readScored(ctx, a.Event)
	if err != nil {
		return Announcement{}, err
	}
	now, err := NewBoard(d.event, d.version, d.results).Awards(a.Race, awarded)
	if err != nil {
		return Announcement{}, err
	}
	if now.Announced == nil && len(now.Prizes) == 0 || now.Announced != nil && len(now.Changes) == 0 {
		return Announcement{}, ErrAwardsUnchanged
	}
	announced := Announcement{
		Event: a.Event, Race: a.Race, Number: len(awarded.Announcements) + 1, RequestID: a.RequestID,
		AnnouncedAt: racetime.At(s.deps.Now()), SignedBy: a.SignedBy, At: FactsAt{d.version, d.change},
	}
	for _, p := range now.Prizes {
		announced.Prizes = append(announced.Prizes, AnnouncedPrize{p.Prize, p.Row.Ranked()})
	}
	return announced, nil
}

// awardTries is how often something is recorded anew where somebody else recorded something just before.
const awardTries = 3

// recordAward calls record, which reads what there is and adds to it, again where somebody else was faster.
func recordAward(record func() error) (err error) {
	for range awardTries {
		if err = record(); !errors.Is(err, ErrAwardedMeanwhile) {
			return err
		}
	}
	return err
}

const maxAwardText = 200

// checkAwardRequest refuses an id and a text, by the name of its field, that nobody could record. Ids are as those of rulings.
func checkAwardRequest(id, field, text string) error {
	if !ruling.ValidID(ruling.ID(id)) {
		return ErrRequestIDInvalid.With(ErrRequestIDInvalid.At("request_id"))
	}
	if utf8.RuneCountInString(text) > maxAwardText || !isPrintable(text) {
		return ErrTextInvalid.With(ErrTextInvalid.At(field))
	}
	return nil
}

func isPrintable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
