package standings_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/standings"
)

// prizeBook keeps prizes in memory; where somebody is faster, it refuses that often.
type prizeBook struct {
	standings.Awarded
	faster int
}

type prizeStore struct{ book *prizeBook }

func (s prizeStore) Awarded(_ context.Context, _ race.EventID, raceID race.ID) (standings.Awarded, error) {
	if raceID != "city" {
		return standings.Awarded{}, nil
	}
	return s.book.Awarded, nil
}

func (s prizeStore) refuse() error {
	if s.book.faster == 0 {
		return nil
	}
	s.book.faster--
	return standings.ErrAwardedMeanwhile
}

func (s prizeStore) AddAnnouncement(_ context.Context, a standings.Announcement) error {
	if err := s.refuse(); err != nil {
		return err
	}
	s.book.Announcements = append(s.book.Announcements, a)
	return nil
}

func (s prizeStore) AddHandOver(_ context.Context, h standings.HandOver) error {
	if err := s.refuse(); err != nil {
		return err
	}
	s.book.HandOvers = append(s.book.HandOvers, h)
	return nil
}

// podium is a race with two prizes for men, and four men who finished.
type podium struct {
	*testing.T
	behind  *backend
	prizes  prizeStore
	service *standings.Service
	asked   int
}

func newPodium(t *testing.T) *podium {
	t.Helper()
	event := twoRaces()
	event.Races[0].Awards = []race.Award{{Classification: "sex", Ranks: 2}}
	p := &podium{T: t, behind: &backend{event: event, version: 7, change: 3}, prizes: prizeStore{&prizeBook{}}}
	for id := race.EntrantID(1); id <= 4; id++ {
		r := runner(id, "city", race.Bib(fmt.Sprint(9+id)), result.Finished, 10*second, 0, 0, 4000*second+time.Duration(id)*second)
		r.Name, r.Lists = "Runner "+string(r.Bib), []string{"sex/M", ""}
		p.behind.results = append(p.behind.results, finished(r))
	}
	p.service = serveWith(t, p.behind, standings.Dependencies{Prizes: p.prizes})
	return p
}

// disqualify rules a bib out, and serves what follows.
func (p *podium) disqualify(entrant int) {
	p.Helper()
	p.behind.results[entrant-1].Status = result.DSQ
	p.behind.version++
	p.service = serveWith(p.T, p.behind, standings.Dependencies{Prizes: p.prizes})
}

func (p *podium) announce(want error) {
	p.Helper()
	p.asked++
	a := standings.AwardsToAnnounce{Event: "almaty-2025", Race: "city", RequestID: fmt.Sprint("a", p.asked), SignedBy: "Referee"}
	if _, err := p.service.AnnounceAwards(p.Context(), "jury", a); !errors.Is(err, want) {
		p.Errorf("announced: %v, want %v", err, want)
	}
}

func (p *podium) toHand(bib race.Bib) standings.PrizeToHand {
	p.asked++
	return standings.PrizeToHand{Event: "almaty-2025", Race: "city", RequestID: fmt.Sprint("h", p.asked), List: "sex/M", Bib: bib}
}

func (p *podium) handOver(bib race.Bib, already bool, want error) {
	p.Helper()
	asked := p.toHand(bib)
	asked.GivenAlready = already
	if _, err := p.service.HandOverAward(p.Context(), "jury", asked); !errors.Is(err, want) {
		p.Errorf("handed over to %s: %v, want %v", bib, err, want)
	}
}

func (p *podium) takeBack(bib race.Bib, want error) {
	p.Helper()
	if _, err := p.service.TakeBackAward(p.Context(), "jury", p.toHand(bib)); !errors.Is(err, want) {
		p.Errorf("taken back from %s: %v, want %v", bib, err, want)
	}
}

// wantAwards compares prizes as bib place, changes as bib before>after, and what is in wrong hands as bib!place; what
// somebody holds follows an h.
func (p *podium) wantAwards(want string) {
	p.Helper()
	now, err := p.service.Awards(p.Context(), "almaty-2025", "city")
	if err != nil {
		p.Fatal(err)
	}
	var parts []string
	held := func(place int) string {
		if place == 0 {
			return ""
		}
		return fmt.Sprint("h", place)
	}
	for _, w := range now.Prizes {
		parts = append(parts, fmt.Sprintf("%s %d%s", w.Bib, w.Place, held(w.Held)))
	}
	for _, c := range now.Changes {
		parts = append(parts, fmt.Sprintf("%s %d>%d%s", strings.TrimPrefix(c.Name, "Runner "), c.Before, c.After, held(c.Held)))
	}
	for _, w := range now.Wrong {
		parts = append(parts, fmt.Sprintf("%s!%d by %s", w.Bib, w.Place, w.By))
	}
	if diff := cmp.Diff(want, strings.Join(parts, ", ")); diff != "" {
		p.Errorf("awards (-want +got):\n%s", diff)
	}
}

// Winner disqualified after the podium, with the prizes in their hands.
func TestAwardsSinceTheyWereAnnounced(t *testing.T) {
	t.Parallel()
	p := newPodium(t)
	p.handOver("10", false, standings.ErrPrizeNotAnnounced)
	p.wantAwards("10 1, 11 2")
	p.announce(nil)
	p.announce(standings.ErrAwardsUnchanged)
	p.handOver("10", false, nil)
	p.handOver("10", false, standings.ErrPrizeHeld)
	p.handOver("12", false, standings.ErrPrizeNotAnnounced)
	p.takeBack("11", standings.ErrPrizeNotHeld)
	p.wantAwards("10 1h1, 11 2")

	p.disqualify(1)
	p.wantAwards("11 1, 12 2, 11 2>1, 12 0>2, 10 1>0h1, 10!1 by jury")
	p.handOver("11", false, standings.ErrPrizeLost)
	p.handOver("11", true, nil)
	p.handOver("12", true, standings.ErrPrizeNotAnnounced)
	p.announce(nil)
	p.wantAwards("11 1h2, 12 2, 10!1 by jury, 11!2 by jury")
	p.handOver("11", false, standings.ErrPrizeHeld)
	p.takeBack("10", nil)
	p.takeBack("11", nil)
	p.takeBack("11", standings.ErrPrizeNotHeld)
	p.handOver("11", false, nil)
	p.handOver("10", false, standings.ErrPrizeNotAnnounced)
	p.handOver("10", true, nil)
	p.wantAwards("11 1h1, 12 2, 10!1 by jury")

	announced, done, err := p.service.AwardHistory(t.Context(), "almaty-2025", "city")
	if err != nil || len(announced) != 2 || len(done) != 6 {
		t.Fatalf("history of %d announcements and %d hand-overs, %v; want 2 and 6", len(announced), len(done), err)
	}
	if at := announced[1].At; at != (standings.FactsAt{Version: 8, Change: 3}) {
		t.Errorf("the second announcement follows from %+v", at)
	}
	if last := done[5]; last.Announcement != 1 || last.Name != "Runner 10" || last.Number != 6 {
		t.Errorf("given already: %+v, want it after announcement 1", last)
	}
}

// Two entrants turn out to wear each other's bibs: a prize follows the entrant, whatever bib it was announced for.
func TestAPrizeOfWhoWearsAnotherBibNow(t *testing.T) {
	t.Parallel()
	p := newPodium(t)
	p.announce(nil)
	p.handOver("10", false, nil)
	first, third := &p.behind.results[0], &p.behind.results[2]
	first.Bib, third.Bib = third.Bib, first.Bib
	p.service = serveWith(t, p.behind, standings.Dependencies{Prizes: p.prizes})
	p.handOver("10", false, standings.ErrPrizeNotAnnounced)
	p.takeBack("10", standings.ErrPrizeNotHeld)
	p.takeBack("12", nil)
	p.handOver("12", false, nil)
	p.wantAwards("12 1h1, 11 2")

	p.behind.results = p.behind.results[1:] // who was first left the race
	p.service = serveWith(t, p.behind, standings.Dependencies{Prizes: p.prizes})
	// A change is shown by the name, of which nothing is left.
	p.wantAwards("11 1, 10 2, 11 2>1, 12 0>2,  1>0h1, 12!1 by jury")
	p.takeBack("12", nil)
}

func TestARepeatedRequestRecordsNothing(t *testing.T) {
	t.Parallel()
	p := newPodium(t)
	a := standings.AwardsToAnnounce{Event: "almaty-2025", Race: "city", RequestID: "a", SignedBy: "Referee"}
	first, err := p.service.AnnounceAwards(t.Context(), "jury", a)
	if err != nil {
		t.Fatal(err)
	}
	given := standings.PrizeToHand{Event: "almaty-2025", Race: "city", RequestID: "h", List: "sex/M", Bib: "10", By: "Mayor"}
	done, err := p.service.HandOverAward(t.Context(), "jury", given)
	if err != nil {
		t.Fatal(err)
	}
	p.disqualify(1)
	again, err := p.service.AnnounceAwards(t.Context(), "jury", a)
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Errorf("announced again: %v (-want +got):\n%s", err, diff)
	}
	doneAgain, err := p.service.HandOverAward(t.Context(), "jury", given)
	if diff := cmp.Diff(done, doneAgain); err != nil || diff != "" {
		t.Errorf("handed over again: %v (-want +got):\n%s", err, diff)
	}
	a.SignedBy = "Another"
	if _, err := p.service.AnnounceAwards(t.Context(), "jury", a); !errors.Is(err, standings.ErrRequestIDReused) {
		t.Errorf("announced by another with the same id: %v, want ErrRequestIDReused", err)
	}
	if _, err := p.service.TakeBackAward(t.Context(), "jury", given); !errors.Is(err, standings.ErrRequestIDReused) {
		t.Errorf("taken back with the id of the hand-over: %v, want ErrRequestIDReused", err)
	}
	if n, m := len(p.prizes.book.Announcements), len(p.prizes.book.HandOvers); n != 1 || m != 1 {
		t.Errorf("%d announcements and %d hand-overs are recorded, want one each", n, m)
	}
}

func TestSomebodyElseRecordsPrizesJustThen(t *testing.T) {
	t.Parallel()
	p := newPodium(t)
	p.prizes.book.faster = 2
	p.announce(nil)
	p.prizes.book.faster = 2
	p.handOver("10", false, nil)
	p.prizes.book.faster = 3
	p.takeBack("10", standings.ErrAwardedMeanwhile)
}

func TestAnnouncementsThatCannotBe(t *testing.T) {
	t.Parallel()
	p := newPodium(t)
	for _, c := range []struct {
		name   string
		change func(*standings.AwardsToAnnounce)
		want   error
	}{
		{"nobody signs", func(a *standings.AwardsToAnnounce) { a.SignedBy = "" }, standings.ErrSignatureMissing},
		{"a line break in the signature", func(a *standings.AwardsToAnnounce) { a.SignedBy = "a\nb" }, standings.ErrTextInvalid},
		{"a signature without end", func(a *standings.AwardsToAnnounce) { a.SignedBy = strings.Repeat("ә", 201) }, standings.ErrTextInvalid},
		{"no id", func(a *standings.AwardsToAnnounce) { a.RequestID = "" }, standings.ErrRequestIDInvalid},
		{"a race that is not there", func(a *standings.AwardsToAnnounce) { a.Race = "x\x00" }, standings.ErrRaceNotFound},
		{"an event that is not there", func(a *standings.AwardsToAnnounce) { a.Event = "x" }, errEventNotFound},
		{"nobody won anything", func(a *standings.AwardsToAnnounce) { a.Race = "ten" }, standings.ErrAwardsUnchanged},
	} {
		a := standings.AwardsToAnnounce{Event: "almaty-2025", Race: "city", RequestID: "a", SignedBy: "Referee"}
		c.change(&a)
		if _, err := p.service.AnnounceAwards(t.Context(), "jury", a); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := p.service.Awards(t.Context(), "almaty-2025", "x"); !errors.Is(err, standings.ErrRaceNotFound) {
		t.Errorf("awards of a race that is not there: %v, want ErrRaceNotFound", err)
	}
	if _, _, err := p.service.AwardHistory(t.Context(), "almaty-2025", "x"); !errors.Is(err, standings.ErrRaceNotFound) {
		t.Errorf("history of a race that is not there: %v, want ErrRaceNotFound", err)
	}
}
