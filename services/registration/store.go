package registration

import (
	"context"
	"slices"
	"time"

	"raceday/services/rules/race"
)

// Store keeps entries.
type Store interface {
	// InRaces runs f in one transaction that holds the places of the basis, so that nobody else gives one or takes one
	// back meanwhile, and nobody applies another version of the event. What f reads is what was committed before. It may
	// run f more than once, so f keeps no state between its runs and tells nobody. f's context joins the transaction. It
	// returns f's error, or that of the commit; without running f, ErrOvertaken where the version is not the newest.
	InRaces(ctx context.Context, on Basis, f func(ctx context.Context, tx Tx) error) error
	// Look answers a question without holding anything: what was true at one instant, also of a race; id may be empty.
	Look(ctx context.Context, event race.EventID, id race.ID, q Question) (Seen, error)
	// Find returns the entry with this key, or ErrEntryNotFound. Of entries with a bib it is the one that stands.
	Find(ctx context.Context, event race.EventID, key Key) (Entry, error)
	// ListEntries returns at most limit entries of the event, or of one race of it, in order of entry, after one.
	ListEntries(ctx context.Context, event race.EventID, race race.ID, after race.EntrantID, limit int) ([]Entry, error)
	// Unsettled returns the races where a place must be given back now or somebody waits for one, and the time until the
	// next one runs out, by the clock of the database; false where none will.
	Unsettled(ctx context.Context) (races []Unsettled, next time.Duration, ok bool, err error)
}

// Tx is what can be read and written while the places of races are held.
type Tx interface {
	// Now is the instant at which the places were held, by the clock of the database.
	Now() time.Time
	// Places returns those of a race that is held.
	Places(race race.ID) Places
	// Ask answers a question by what was committed before the places were held.
	Ask(ctx context.Context, q Question) (Known, error)
	// Waiting returns at most limit waitlisted entries of a race, who waits longest first.
	Waiting(ctx context.Context, race race.ID, limit int) ([]Entry, error)
	// Entries returns every entry of the event, those that have ended included, in order of entry.
	Entries(ctx context.Context) ([]Entry, error)
	// Save writes the changes, the places and claims that follow, and the change of the roster if it is one. It returns
	// ErrOvertaken where another entry of the event stands against it.
	Save(ctx context.Context, changes Changes) error
}

// RaceKey names a race of any event.
type RaceKey struct {
	Event race.EventID
	Race  race.ID
}

// Unsettled is a race that may have to be brought in order.
type Unsettled struct {
	RaceKey
	// Due says that a place has run out of time, or is free while somebody waits.
	Due bool
	// EventCapacity is what the event's file said when the places were last brought in line with it, zero for no limit.
	EventCapacity int
}

// Basis is what is decided by: a version of an event, and those of its races whose entries may change.
type Basis struct {
	Event   race.EventID
	Version int64
	Races   []Limit
}

// Limit is how many places the event's file gives a race.
type Limit struct {
	Race race.ID
	// Capacity is zero for no limit.
	Capacity int
}

// basisOf is a whole event.
func basisOf(event *race.Event, version int64) Basis {
	limits := make([]Limit, len(event.Races))
	for i := range event.Races {
		limits[i] = Limit{event.Races[i].ID, event.Races[i].Capacity}
	}
	return Basis{Event: event.ID, Version: version, Races: limits}
}

// only returns the basis with these of its races.
func (b Basis) only(ids []race.ID) Basis {
	var limits []Limit
	for _, limit := range b.Races {
		if slices.Contains(ids, limit.Race) {
			limits = append(limits, limit)
		}
	}
	b.Races = limits
	return b
}

// Places are those of a race.
type Places struct {
	Race race.ID
	// Limited says whether there is a capacity at all.
	Limited  bool
	Capacity int
	// Taken counts the entries that have a place, Waiting those on the waitlist.
	Taken, Waiting int
	Taking         Taking
}

// Taking says whether a race takes entries.
type Taking string

// The ways of taking entries.
const (
	// ByTimes takes them by the times of the event's file.
	ByTimes Taking = "BY_TIMES"
	// Open and Closed are an operator's word.
	Open   Taking = "OPEN"
	Closed Taking = "CLOSED"
)

// Key names one entry of an event; exactly one field is set.
type Key struct {
	Reference Reference
	// Bib is the entry's own, or that of a member.
	Bib race.Bib
	// RequestID is that of the registration, or of something that was done to the entry.
	RequestID string
	JoinCode  JoinCode
}

// wellFormed reports whether there can be an entry with this key at all.
func (k Key) wellFormed() bool {
	switch {
	case k.Reference != "":
		return isCode(k.Reference)
	case k.Bib != "":
		_, err := race.ParseBib(string(k.Bib))
		return err == nil
	case k.JoinCode != "":
		return isCode(k.JoinCode)
	}
	return isRequestID(k.RequestID)
}

// Question is what a transaction wants to know before it decides.
type Question struct {
	// RequestIDs may have been used already.
	RequestIDs []string
	People     []Digest
	Bibs       []race.Bib
	Chips      []race.Chip
	Entries    []Key
	Payments   []PaymentID
	// Races are those whose entries may have run out of time, at the instant Now of the transaction.
	Races []race.ID
	// IDs is how many new entries will need an id at the most.
	IDs int
}

// Known is the answer to a question.
type Known struct {
	// Requests are those that were answered already, by their id.
	Requests map[string]Answered
	// People are the entries of those who are entered, in order of entry.
	People map[Digest][]Holding
	// Bibs and Chips are those that are worn.
	Bibs  map[race.Bib]Wearer
	Chips map[race.Chip]Wearer
	// Entries are those that are there.
	Entries map[Key]Entry
	// Payments are those that were told of already.
	Payments map[PaymentID]Payment
	// Due are the entries of the races that have run out of time.
	Due []Entry
	// IDs ascend, also from one transaction that holds a race to the next.
	IDs []race.EntrantID
}

// Seen is what was true at one instant.
type Seen struct {
	Known Known
	Now   time.Time
	// Version is the event's newest.
	Version int64
	// Places are those of the race, zero where nobody has asked for one yet.
	Places Counted
}

// Counted are places as they are stored.
type Counted struct {
	Places
	// EventCapacity is what the event's file said when they were last brought in line with it, zero for no limit.
	EventCapacity int
}

// under returns the places in line with what the event's file says: another number than before is a new decision, which
// undoes no place that is taken.
func (c Counted) under(eventCapacity int) Places {
	places := c.Places
	if !c.Limited && c.EventCapacity == 0 || c.EventCapacity != eventCapacity {
		places.Limited, places.Capacity = eventCapacity > 0, 0
		if places.Limited {
			places.Capacity = max(eventCapacity, places.Taken)
		}
	}
	return places
}

// Answered is a request that was answered already.
type Answered struct {
	Digest Digest
	// Entry is the one that the request made or changed, as it now stands; zero where it concerned a race.
	Entry Entry
}

// Holding says where a person is entered.
type Holding struct {
	Entrant          race.EntrantID
	Reference        Reference
	InTeam           bool
	EnteredBy, Owner string
}

// Wearer says whose a bib or a chip is.
type Wearer struct {
	Entrant race.EntrantID
	// Bib is the entry's own.
	Bib race.Bib
}

// Changes are written together.
type Changes struct {
	// Entries are in the order in which they happened; one entry may change several times.
	Entries []Change
	// Requests are those that are answered by the changes of entries that exist, and of races.
	Requests []Request
	Payments []Payment
	// Refunds are the entries whose payments are to be given back.
	Refunds []race.EntrantID
	Papers  []Paper
	// Inherited are the papers that pass from an entry to the one that takes its place.
	Inherited []Inheritance
	// Erased are the entries whose papers and former names are forgotten.
	Erased []race.EntrantID
	Races  []RaceChange
}

// Change is an entry before and after; ID, reference and request are the same.
type Change struct {
	// Before is nil for an entry that is new.
	Before *Entry
	After  Entry
	Cause  Cause
}

// RaceChange is a race's places before and after an operator's decision, or before and after one more place is made for
// a late entry.
type RaceChange struct {
	Before, After Places
	Cause         Cause
}

// Inheritance gives an entry the papers of another one, of any event.
type Inheritance struct {
	Event    race.EventID
	From, To race.EntrantID
}

// Request is one that is answered.
type Request struct {
	ID     string
	Digest Digest
	// Entrant is zero where a race was changed.
	Entrant race.EntrantID
}

// PaymentID is a payment provider's name of a payment.
type PaymentID string

// Payment is what was told of a payment.
type Payment struct {
	ID          PaymentID
	Entrant     race.EntrantID
	AmountMinor int64
	RefundDue   bool
	At          time.Time
	Actor       string
}

// Cause is why something is changed, by whom and when.
type Cause struct {
	Action Action
	Actor  string
	// Reason is what the actor said.
	Reason string
	At     time.Time
}

// Action is what was done.
type Action string

// The actions.
const (
	ActionRegister           Action = "REGISTER"
	ActionRegisterLate       Action = "REGISTER_LATE"
	ActionConfirmPayment     Action = "CONFIRM_PAYMENT"
	ActionOffer              Action = "OFFER"
	ActionAcceptOffer        Action = "ACCEPT_OFFER"
	ActionExpire             Action = "EXPIRE"
	ActionExtend             Action = "EXTEND"
	ActionShowName           Action = "SHOW_NAME"
	ActionWithdraw           Action = "WITHDRAW"
	ActionTransfer           Action = "TRANSFER"
	ActionJoinTeam           Action = "JOIN_TEAM"
	ActionSubstituteMember   Action = "SUBSTITUTE_MEMBER"
	ActionRecordGuardian     Action = "RECORD_GUARDIAN"
	ActionRecordDocument     Action = "RECORD_DOCUMENT"
	ActionCheckIn            Action = "CHECK_IN"
	ActionErase              Action = "ERASE"
	ActionCorrect            Action = "CORRECT"
	ActionAssignBibs         Action = "ASSIGN_BIBS"
	ActionAssignChips        Action = "ASSIGN_CHIPS"
	ActionSwapChips          Action = "SWAP_CHIPS"
	ActionImportRoster       Action = "IMPORT_ROSTER"
	ActionSetCapacity        Action = "SET_CAPACITY"
	ActionCloseRegistration  Action = "CLOSE_REGISTRATION"
	ActionReopenRegistration Action = "REOPEN_REGISTRATION"
)
