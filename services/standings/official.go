package standings

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"raceday/services/fault"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/official"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
)

// OfficialList is a list as it was published.
type OfficialList struct {
	Event race.EventID
	Race  race.ID
	List  string
	// Number counts the versions of the list from 1.
	Number        int
	State         official.State
	PublishedAt   racetime.Instant
	ProtestsUntil racetime.Instant
	Reason        string
	SignedBy      string
	// Actor is whose key it was.
	Actor string
	// Waived are the matters that were open, by their names.
	Waived []string
	At     FactsAt
	Digest Digest
	// FactsDigest is that of the facts that the rows follow from.
	FactsDigest Digest
	// Rows are left out where lists are listed.
	Rows []OfficialRow
	// Differs means, of the newest version where lists are listed, that the list is another one by now.
	Differs bool
}

// FactsAt names a moment of an event's facts: reads up to a version of the derived state, and event, roster and rulings up to
// a change number.
type FactsAt struct{ Version, Change int64 }

// Official keeps published lists.
type Official interface {
	// LastOfficial returns the newest version of a list with its rows; false where none was published.
	LastOfficial(ctx context.Context, event race.EventID, raceID race.ID, list string) (OfficialList, bool, error)
	// OfficialVersion returns a version of a list with its rows; false where there is none.
	OfficialVersion(ctx context.Context, event race.EventID, raceID race.ID, list string, number int) (OfficialList, bool, error)
	// OfficialLists returns all versions of the lists of an event by race, list and number, without rows.
	OfficialLists(ctx context.Context, event race.EventID) ([]OfficialList, error)
	// PublishedRows returns what the newest version of each list of a race says of a bib; nothing of lists without it.
	PublishedRows(ctx context.Context, event race.EventID, raceID race.ID, bib race.Bib) ([]PublishedRow, error)
	// AddOfficial stores a version, and what was done in the audit. It returns ErrPublishedMeanwhile where there is one of
	// this number.
	AddOfficial(ctx context.Context, list OfficialList) error
}

// The faults of publishing.
var (
	ErrPublishRefused     = fault.New(fault.Refused, "PUBLISH_REFUSED", "the list cannot be published so")
	ErrPublishedMeanwhile = fault.New(fault.Aborted, "PUBLISHED_MEANWHILE", "somebody else published the list just now; look at it")
	ErrOfficialNotFound   = fault.New(fault.NotFound, "OFFICIAL_LIST_NOT_FOUND", "the list has no such version")
)

// Publication asks for a version of a list.
type Publication struct {
	Event race.EventID
	Race  race.ID
	// List must be named.
	List             string
	As               official.State
	Reason, SignedBy string
	// Waive are open matters by their names; see OpenMatters.
	Waive []string
}

// The matters of a list that are not of one entrant, by their names.
const (
	// JudgesSheet: the judges of Nordic walking have not handed in all cards.
	JudgesSheet = "JUDGES_SHEET"
	// RaceNotClosed: somebody in the list is on the course, or entered and never seen.
	RaceNotClosed = "RACE_NOT_CLOSED"
	// ChangedSince: the list is another one than was announced, and nobody could protest against what changed.
	ChangedSince = "CHANGED_SINCE_ANNOUNCED"
)

// Publish freezes a list as it follows from all changes that were made before the call, and from the reads that are stored.
// Faults: one that says that there is no such event, ErrRaceNotFound, ErrListNotFound, ErrNotScoredYet, ErrPublishRefused with
// all reasons, ErrPublishedMeanwhile.
func (s *Service) Publish(ctx context.Context, actor string, p Publication) (OfficialList, error) {
	if _, err := s.deps.Events.EventAt(ctx, p.Event, 0); err != nil { // no id that is none comes as far as the store
		return OfficialList{}, fmt.Errorf("read the event %s: %w", p.Event, err)
	}
	d, err := s.readScored(ctx, p.Event)
	if err != nil {
		return OfficialList{}, err
	}
	rows, err := ListRows(d.event, d.results, p.Race, p.List)
	if err != nil {
		return OfficialList{}, err
	}
	last, published, err := s.deps.Official.LastOfficial(ctx, p.Event, p.Race, p.List)
	if err != nil {
		return OfficialList{}, err
	}
	differs := !published || len(DiffRows(last.Rows, rows)) > 0
	open, err := s.openMatters(ctx, d, p.Race, p.List, last.State == official.Provisional && differs)
	if err != nil {
		return OfficialList{}, err
	}
	now := racetime.At(s.deps.Now())
	problems := official.Check(official.Publication{
		As: p.As, At: now, Reason: p.Reason, SignedBy: p.SignedBy, Before: last.State, ProtestsUntil: last.ProtestsUntil,
		Differs: differs, Open: open, Waived: p.Waive,
	})
	if len(problems) > 0 {
		return OfficialList{}, refused(problems, localTime(d.event, last.ProtestsUntil.Time()))
	}
	list := OfficialList{
		Event: p.Event, Race: p.Race, List: p.List, Number: last.Number + 1, State: p.As, PublishedAt: now,
		ProtestsUntil: now.Add(d.event.Race(p.Race).ProtestTime), Reason: p.Reason, SignedBy: p.SignedBy, Actor: actor, Waived: p.Waive,
		At: FactsAt{d.version, d.change}, Digest: DigestOf(p.Race, p.List, rows), Rows: rows,
	}
	if p.As != official.Provisional {
		list.ProtestsUntil = last.ProtestsUntil
	}
	if list.FactsDigest, err = s.deps.Facts.Digest(ctx, p.Event, list.At); err != nil {
		return OfficialList{}, fmt.Errorf("digest the facts of %s: %w", p.Event, err)
	}
	if err := s.deps.Official.AddOfficial(ctx, list); err != nil {
		return OfficialList{}, err
	}
	return list, nil
}

// refused says the last instant for protests as the clocks at the event do.
func refused(problems []official.Problem, protestsUntil string) error {
	violations := make([]fault.Violation, len(problems))
	for i, p := range problems {
		violations[i] = fault.Violation{Path: p.Field, Reason: p.Reason, Message: p.Message}
		if p.Reason == official.ProtestsOpen {
			violations[i].Message = "protests are taken until " + protestsUntil
		}
	}
	return ErrPublishRefused.With(violations...)
}

// openMatters returns by name what somebody should deal with before a list is official: that it changed since it was
// announced, that the race or the judges' sheet is not closed, and the open anomalies of who belongs to it, such as 1042
// MISSING_POINTS k10. Who missed a cut-off has the status that the race gives for it, and is no matter.
func (s *Service) openMatters(ctx context.Context, d derived, raceID race.ID, list string, changed bool) ([]string, error) {
	r := d.event.Race(raceID)
	var open []string
	if changed {
		open = append(open, ChangedSince)
	}
	if r.Nordic != nil {
		all, err := s.deps.Conflicts.Rulings(ctx, d.event.ID)
		if err != nil {
			return nil, fmt.Errorf("read the rulings of %s: %w", d.event.ID, err)
		}
		if !ruling.ForRace(ruling.Standing(all), r).SheetClosed {
			open = append(open, JudgesSheet)
		}
	}
	members := slices.DeleteFunc(groupByRace(d.results)[raceID], func(res *result.Result) bool {
		return !slices.Contains(res.Lists, list)
	})
	slices.SortFunc(members, func(a, b *result.Result) int { return race.CompareBibs(a.Bib, b.Bib) })
	if slices.ContainsFunc(members, func(res *result.Result) bool {
		return res.Status == result.Started || res.Status == result.Entered
	}) {
		open = append(open, RaceNotClosed)
	}
	for _, res := range members {
		for _, a := range res.Anomalies {
			if a.DealtBy != "" || a.Kind.Information() || a.Kind == anomaly.OverTime {
				continue
			}
			name := string(res.Bib) + " " + string(a.Kind)
			if a.Visit >= 0 && a.Visit < len(r.Course) {
				name += " " + r.VisitName(a.Visit)
			}
			if !slices.Contains(open, name) {
				open = append(open, name)
			}
		}
	}
	return open, nil
}

// OpenMatters returns by name what somebody should deal with, or waive, before a list is official. Faults: as Publish.
func (s *Service) OpenMatters(ctx context.Context, event race.EventID, raceID race.ID, list string) ([]string, error) {
	if _, err := s.deps.Events.EventAt(ctx, event, 0); err != nil {
		return nil, fmt.Errorf("read the event %s: %w", event, err)
	}
	d, err := s.readScored(ctx, event)
	if err != nil {
		return nil, err
	}
	rows, err := ListRows(d.event, d.results, raceID, list)
	if err != nil {
		return nil, err
	}
	last, _, err := s.deps.Official.LastOfficial(ctx, event, raceID, list)
	if err != nil {
		return nil, err
	}
	return s.openMatters(ctx, d, raceID, list, last.State == official.Provisional && len(DiffRows(last.Rows, rows)) > 0)
}

// Published returns a version of a list, or the newest where number is 0. Faults: one that says that there is no such event,
// ErrOfficialNotFound.
func (s *Service) Published(
	ctx context.Context, event race.EventID, raceID race.ID, list string, number int,
) (OfficialList, error) {
	if _, err := s.deps.Events.EventAt(ctx, event, 0); err != nil {
		return OfficialList{}, fmt.Errorf("read the event %s: %w", event, err)
	}
	if strings.ContainsRune(string(raceID)+list, 0) { // no text of the store's
		return OfficialList{}, ErrOfficialNotFound
	}
	var found OfficialList
	var ok bool
	var err error
	if number == 0 {
		found, ok, err = s.deps.Official.LastOfficial(ctx, event, raceID, list)
	} else {
		found, ok, err = s.deps.Official.OfficialVersion(ctx, event, raceID, list, number)
	}
	if err == nil && !ok {
		err = ErrOfficialNotFound
	}
	if err != nil {
		return OfficialList{}, err
	}
	return found, s.forget(ctx, &found)
}

// forget takes the names out of a published list that are not shown any more: of who was erased since, or had the name hidden.
// Nothing else of a published list ever changes, and its digest holds no names.
func (s *Service) forget(ctx context.Context, l *OfficialList) error {
	return s.deps.Boards.Use(ctx, l.Event, func(b *Board) error {
		for i := range l.Rows {
			row := &l.Rows[i]
			now := b.resultIn(l.Race, row.Bib)
			if now == nil {
				continue
			}
			if now.Name == "" {
				row.Name = ""
			}
			for n := range row.Legs {
				if n < len(now.Legs) && now.Legs[n].MemberName == "" {
					row.Legs[n].MemberName = ""
				}
			}
		}
		return nil
	})
}

// PublishedLists returns all versions of the lists of an event, or of one race, without rows, and whether the newest ones are
// what stands. Fault: one that says that there
// is no such event.
func (s *Service) PublishedLists(ctx context.Context, event race.EventID, raceID race.ID) ([]OfficialList, error) {
	if _, err := s.deps.Events.EventAt(ctx, event, 0); err != nil {
		return nil, fmt.Errorf("read the event %s: %w", event, err)
	}
	all, err := s.deps.Official.OfficialLists(ctx, event)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(l OfficialList) bool { return raceID != "" && l.Race != raceID })
	return all, s.compare(ctx, event, all)
}

// compare says of the newest version of each list whether it is what stands. Versions of a list follow one another.
func (s *Service) compare(ctx context.Context, event race.EventID, all []OfficialList) error {
	if len(all) == 0 {
		return nil
	}
	d, err := readDerived(ctx, s.deps.Store, s.deps.Events, event)
	if err != nil {
		return err
	}
	for i := range all {
		l := &all[i]
		if i+1 < len(all) && all[i+1].Race == l.Race && all[i+1].List == l.List {
			continue
		}
		rows, err := ListRows(d.event, d.results, l.Race, l.List)
		// Where there are no rows nobody is in such a list any more.
		l.Differs = err != nil || DigestOf(l.Race, l.List, rows) != l.Digest
	}
	return nil
}

// DiffPublished returns what differs between two versions of a list; to of 0 is the newest, from of 0 the one before it.
// Faults: as Published.
func (s *Service) DiffPublished(
	ctx context.Context, event race.EventID, raceID race.ID, list string, from, to int,
) (before, after OfficialList, changes []RowChange, err error) {
	if after, err = s.Published(ctx, event, raceID, list, to); err != nil {
		return before, after, nil, err
	}
	if from == 0 {
		from = after.Number - 1
	}
	if from < 1 {
		return before, after, nil, ErrOfficialNotFound
	}
	if before, err = s.Published(ctx, event, raceID, list, from); err != nil {
		return before, after, nil, err
	}
	return before, after, DiffRows(before.Rows, after.Rows), nil
}
