package standings

import (
	"cmp"
	"context"
	"slices"

	"raceday/services/rules/award"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// HandOver is the giving of a prize into an entrant's hands, or its taking back, as it was recorded.
type HandOver struct {
	award.HandOver
	Event race.EventID
	Race  race.ID
	// Number counts those of the race from 1.
	Number    int
	RequestID string
	At        racetime.Instant
	// By is who did it, and Actor whose key it was.
	By, Actor string
	// Announcement is the number of that which the prize was handed over after.
	Announcement int
}

// PrizeToHand asks to record that a prize was handed over, or taken back.
type PrizeToHand struct {
	Event race.EventID
	Race  race.ID
	// RequestID names the request, so that a repeat is none.
	RequestID string
	List      string
	Bib       race.Bib
	// By is empty for the caller.
	By string
	// GivenAlready means that the entrant has it, as some announcement had it, also where it is another's now.
	GivenAlready bool
}

func (a Awarded) hands() award.Hands {
	done := make([]award.HandOver, len(a.HandOvers))
	for i, h := range a.HandOvers {
		done[i] = h.HandOver
	}
	return award.HandsAfter(done)
}

// lastOf returns the last hand-over of a list's prize to or from an entrant.
func (a Awarded) lastOf(list string, entrant race.EntrantID) HandOver {
	for _, h := range slices.Backward(a.HandOvers) {
		if h.List == list && h.Entrant == entrant {
			return h
		}
	}
	return HandOver{}
}

// HandOverAward records that a prize was handed over to who won it. Faults: one that says that there is no such event,
// ErrRaceNotFound, ErrRequestIDInvalid, ErrRequestIDReused, ErrTextInvalid, ErrNotScoredYet, ErrPrizeNotAnnounced, ErrPrizeLost,
// ErrPrizeHeld, ErrAwardedMeanwhile, ErrStopping.
func (s *Service) HandOverAward(ctx context.Context, actor string, p PrizeToHand) (ShownHandOver, error) {
	return s.hand(ctx, actor, p, false, func(b *Board, awarded Awarded) (HandOver, error) {
		prize, announcement, ok := b.announcedPrize(p, awarded)
		if !ok {
			return HandOver{}, ErrPrizeNotAnnounced
		}
		if awarded.hands().Place(prize.List, prize.Entrant) != 0 {
			return HandOver{}, ErrPrizeHeld
		}
		h := HandOver{Announcement: announcement, HandOver: award.HandOver{
			Classification: prize.Classification, List: prize.List, Place: prize.Place, Entrant: prize.Entrant, Bib: p.Bib,
		}}
		now, err := b.Awards(p.Race, Awarded{})
		if err != nil {
			return HandOver{}, err
		}
		stands := slices.ContainsFunc(now.Prizes, func(n Prize) bool {
			return n.List == prize.List && n.Entrant == prize.Entrant && n.Place == prize.Place
		})
		if !stands && !p.GivenAlready {
			return HandOver{}, ErrPrizeLost
		}
		return h, nil
	})
}

// announcedPrize returns the prize as it was announced last or, of one that was given already, when it last was announced,
// and the number of that announcement.
func (b *Board) announcedPrize(p PrizeToHand, awarded Awarded) (award.Prize, int, bool) {
	for _, announced := range slices.Backward(awarded.Announcements) {
		for _, prize := range announced.Prizes {
			if prize.List == p.List && b.means(p, prize.Entrant, prize.Bib) {
				return prize.Prize, announced.Number, true
			}
		}
		if !p.GivenAlready {
			break
		}
	}
	return award.Prize{}, 0, false
}

// means reports whether a prize is to be handed to, or taken from, an entrant: the one who wears the bib in the race, or where
// nobody does any more, who wore it when the prize was recorded.
func (b *Board) means(p PrizeToHand, entrant race.EntrantID, recorded race.Bib) bool {
	if res := b.resultIn(p.Race, p.Bib); res != nil {
		return res.Entrant == entrant
	}
	return recorded == p.Bib
}

// TakeBackAward records that a prize was taken back from who holds it. Faults: as HandOverAward, but ErrPrizeNotHeld for
// those of prizes.
func (s *Service) TakeBackAward(ctx context.Context, actor string, p PrizeToHand) (ShownHandOver, error) {
	return s.hand(ctx, actor, p, true, func(b *Board, awarded Awarded) (HandOver, error) {
		for _, held := range awarded.hands() {
			if held.List != p.List || !b.means(p, held.Entrant, held.Bib) {
				continue
			}
			h := HandOver{HandOver: held, Announcement: awarded.lastOf(held.List, held.Entrant).Announcement}
			h.Back, h.Bib = true, p.Bib
			return h, nil
		}
		return HandOver{}, ErrPrizeNotHeld
	})
}

// hand records what find says that was done, unless the request was recorded already.
func (s *Service) hand(
	ctx context.Context, actor string, p PrizeToHand, back bool, find func(*Board, Awarded) (HandOver, error),
) (done ShownHandOver, err error) {
	p.By = cmp.Or(p.By, actor)
	if err := checkAwardRequest(p.RequestID, "by", p.By); err != nil {
		return ShownHandOver{}, err
	}
	err = recordAward(func() error {
		awarded, err := s.awarded(ctx, p.Event, p.Race)
		if err != nil {
			return err
		}
		if !back && !p.GivenAlready { // what was ruled just now may have taken the prize away
			if _, err := s.deps.Boards.untilScored(ctx, p.Event); err != nil {
				return err
			}
		}
		repeated := false
		err = s.deps.Boards.UseScored(ctx, p.Event, func(b *Board) error {
			if repeated, done.HandOver, err = awarded.repeated(p, back); err == nil && !repeated {
				done.HandOver, err = find(b, awarded)
			}
			done.Name = b.shownName(done.Entrant)
			return err
		})
		if err != nil || repeated {
			return err
		}
		h := &done.HandOver
		h.Event, h.Race, h.Number, h.RequestID = p.Event, p.Race, len(awarded.HandOvers)+1, p.RequestID
		h.At, h.By, h.Actor = racetime.At(s.deps.Now()), p.By, actor
		return s.deps.Prizes.AddHandOver(ctx, *h)
	})
	return done, err
}

// repeated returns what was recorded by a request. Fault: ErrRequestIDReused where that was another.
func (a Awarded) repeated(p PrizeToHand, back bool) (bool, HandOver, error) {
	for _, h := range a.HandOvers {
		if h.RequestID != p.RequestID {
			continue
		}
		if h.List != p.List || h.Bib != p.Bib || h.By != p.By || h.Back != back {
			return false, HandOver{}, ErrRequestIDReused
		}
		return true, h, nil
	}
	return false, HandOver{}, nil
}
