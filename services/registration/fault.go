package registration

import "raceday/services/fault"

// The faults of what a request names.
var (
	ErrRaceNotFound  = fault.New(fault.NotFound, "RACE_NOT_FOUND", "the event has no race with this id")
	ErrEntryNotFound = fault.New(fault.NotFound, "ENTRY_NOT_FOUND", "the event has no such entry")
	ErrBibUnknown    = fault.New(fault.NotFound, "BIB_UNKNOWN", "the event has no entry or member with this bib")

	ErrPageSizeInvalid  = fault.New(fault.Invalid, "PAGE_SIZE_INVALID", "page_size is 1 to 1000, or 0 for 100")
	ErrPageTokenInvalid = fault.New(fault.Invalid, "PAGE_TOKEN_INVALID", "page_token is that of the answer before")
)

// The faults of an entry's own data.
var (
	ErrNameMissing      = fault.New(fault.Invalid, "NAME_MISSING", "a name is needed")
	ErrSexMissing       = fault.New(fault.Invalid, "SEX_MISSING", "the sex is needed: F, M or X")
	ErrBirthDateMissing = fault.New(fault.Invalid, "BIRTH_DATE_MISSING", "the birth date is needed")
	ErrBirthDateInvalid = fault.New(fault.Invalid, "BIRTH_DATE_INVALID",
		"the birth date is not a day YYYY-MM-DD of a living person")
	ErrAgeBelowMinimum = fault.New(fault.Refused, "AGE_BELOW_MINIMUM", "the minimum age of the race is not reached")
	ErrAgeAboveMaximum = fault.New(fault.Refused, "AGE_ABOVE_MAXIMUM", "the maximum age of the race is exceeded")
	ErrAgeInvalid      = fault.New(fault.Invalid, "AGE_INVALID", "the age is not a number of years")
	ErrTextInvalid     = fault.New(fault.Invalid, "TEXT_INVALID",
		"text is one line of at most 200 characters, without blanks around it")
	// ErrOwnerInvalid is another text with a bound of its own.
	ErrOwnerInvalid = fault.New(fault.Invalid, ErrTextInvalid.Reason,
		"an owner is one line of at most 64 characters, without blanks around it")
	ErrTagInvalid = fault.New(fault.Invalid, "TAG_INVALID", "a tag is one word")
	ErrTeamSize   = fault.New(fault.Invalid, "TEAM_SIZE",
		"the team has not exactly the race's number of regulars, or too many reserves")
	ErrTeamComposition     = fault.New(fault.Invalid, "TEAM_COMPOSITION", "the team has fewer women or men than the race or its category asks for")
	ErrTeamCategoryUnknown = fault.New(fault.Invalid, "TEAM_CATEGORY_UNKNOWN", "the race has no such category of teams")
	ErrLegInvalid          = fault.New(fault.Invalid, "LEG_INVALID",
		"each leg of the race is run by one member; reserves have leg 0")
	ErrRequestIDInvalid = fault.New(fault.Invalid, "REQUEST_ID_INVALID", "a request id has 1 to 64 characters")
	ErrBibInvalid       = fault.New(fault.Invalid, "BIB_INVALID", "a bib is 1 to 8 of A-Z, 0-9 and hyphen")
	ErrFieldNotTaken    = fault.New(fault.Invalid, "FIELD_NOT_TAKEN",
		"bibs and chips are given by officials after registration")
	ErrChipInvalid     = fault.New(fault.Invalid, "CHIP_INVALID", "a chip is 1 to 32 letters and digits")
	ErrGuardianMissing = fault.New(fault.Invalid, "GUARDIAN_MISSING",
		"a guardian answers for who is under 18 on the event's day")
	ErrGuardianInvalid = fault.New(fault.Invalid, "GUARDIAN_INVALID",
		"a guardian has a name, a contact and the version of the text that was consented to, each one line")
	ErrContactInvalid = fault.New(fault.Invalid, "CONTACT_INVALID",
		"a contact has an e-mail address and a telephone number of one line, or none")
	ErrExpectedTimeInvalid = fault.New(fault.Invalid, "EXPECTED_TIME_INVALID",
		"an expected time is above zero, at most a week, in whole microseconds")
	ErrDocumentInvalid = fault.New(fault.Invalid, "DOCUMENT_INVALID",
		"a document has a type, and a day YYYY-MM-DD until which it is valid or none")
	ErrMemberUnknown = fault.New(fault.Invalid, "MEMBER_UNKNOWN",
		"member is the index of a member whose birth date is known, and unset for a person's entry")
	ErrReserveUnknown = fault.New(fault.Invalid, "RESERVE_UNKNOWN", "the team has no such reserve")
	ErrWaveUnknown    = fault.New(fault.Invalid, "WAVE_UNKNOWN",
		"the race has no such wave, or none follows from the bib")
)

// The faults of what stands already.
var (
	ErrRaceFull            = fault.New(fault.Refused, "RACE_FULL", "all places of the race are taken")
	ErrRegistrationNotOpen = fault.New(fault.Refused, "REGISTRATION_NOT_OPEN",
		"registration for the race has not opened yet")
	ErrRegistrationClosed = fault.New(fault.Refused, "REGISTRATION_CLOSED", "registration for the race is closed")
	ErrRaceTakesTeams     = fault.New(fault.Refused, "RACE_TAKES_TEAMS", "the race is for teams")
	ErrRaceTakesPersons   = fault.New(fault.Refused, "RACE_TAKES_PERSONS", "the race is for persons")
	ErrAlreadyEntered     = fault.New(fault.AlreadyExists, "ALREADY_ENTERED",
		"this person is entered in a race of the event already")
	ErrMemberInTwoTeams = fault.New(fault.AlreadyExists, "MEMBER_IN_TWO_TEAMS",
		"a member runs in another team already")
	ErrRequestIDReused = fault.New(fault.AlreadyExists, "REQUEST_ID_REUSED",
		"this request id was used for another request")
	ErrBibTaken          = fault.New(fault.AlreadyExists, "BIB_TAKEN", "the bib belongs to another entrant")
	ErrChipTaken         = fault.New(fault.AlreadyExists, "CHIP_TAKEN", "the chip belongs to another entrant")
	ErrWaitlistFull      = fault.New(fault.Refused, "WAITLIST_FULL", "no more entries may wait for a place of the race")
	ErrEventCancelled    = fault.New(fault.Refused, "EVENT_CANCELLED", "the event does not take place")
	ErrEventNotCancelled = fault.New(fault.Refused, "EVENT_NOT_CANCELLED",
		"only entries of a cancelled event pass on to another one")
	ErrCurrencyDiffers = fault.New(fault.Refused, "CURRENCY_DIFFERS",
		"the other event has another currency, and the entry has a fee; give the money back and enter anew")
	ErrEntryEnded        = fault.New(fault.Refused, "ENTRY_ENDED", "the entry was withdrawn, has expired or was transferred")
	ErrAlreadyInRace     = fault.New(fault.Refused, "ALREADY_IN_RACE", "the entry is in this race already")
	ErrEntryNotConfirmed = fault.New(fault.Refused, "ENTRY_NOT_CONFIRMED", "only a confirmed entry is passed on")
	ErrTransferClosed    = fault.New(fault.Refused, "TRANSFER_CLOSED",
		"entries of the race are no longer passed on, or the bib was handed out")
	ErrNotOffered         = fault.New(fault.Refused, "NOT_OFFERED", "no place is offered to the entry")
	ErrPaymentMissing     = fault.New(fault.Refused, "PAYMENT_MISSING", "the place is taken by paying the fee")
	ErrJoinCodeUnknown    = fault.New(fault.NotFound, "JOIN_CODE_UNKNOWN", "the event has no team with this code")
	ErrJoinClosed         = fault.New(fault.Refused, "JOIN_CLOSED", "the team takes no more members")
	ErrSubstitutionClosed = fault.New(fault.Refused, "SUBSTITUTION_CLOSED", "members of the race are no longer replaced")
	ErrAlreadyCheckedIn   = fault.New(fault.Refused, "ALREADY_CHECKED_IN", "bib and chip were handed out already")
	ErrCheckInRefused     = fault.New(fault.Refused, "CHECK_IN_REFUSED", "something is missing; bib and chip stay here")
	ErrPaymentIDReused    = fault.New(fault.AlreadyExists, "PAYMENT_ID_REUSED",
		"this payment id was used for another entry or amount")
	ErrQueueFull = fault.New(fault.Exhausted, "QUEUE_FULL", "too many requests wait; send the same request again later")
	ErrBusy      = fault.New(fault.Unavailable, "REGISTRATION_BUSY",
		"a larger change of the entries is under way; send the same request again")
)

// The faults of an official's request.
var (
	ErrReasonMissing    = fault.New(fault.Invalid, "REASON_MISSING", "a reason is needed")
	ErrPaymentIDInvalid = fault.New(fault.Invalid, "PAYMENT_ID_INVALID", "a payment id has 1 to 64 characters")
	ErrAmountInvalid    = fault.New(fault.Invalid, "AMOUNT_INVALID",
		"an amount is above zero and at most 1000000000000, in minor units")
	ErrBibRepeated     = fault.New(fault.Invalid, "BIB_REPEATED", "a bib is named twice")
	ErrChipRepeated    = fault.New(fault.Invalid, "CHIP_REPEATED", "the chip stands twice on one bib, or in one team")
	ErrTargetMissing   = fault.New(fault.Invalid, "TARGET_MISSING", "one of person, race and event must be set: to whom or where the entry goes")
	ErrCapacityInvalid = fault.New(fault.Invalid, "CAPACITY_INVALID", "a capacity is above zero")
	ErrCapacityTaken   = fault.New(fault.Refused, "CAPACITY_TAKEN", "more places are taken than that")
	ErrFieldUnknown    = fault.New(fault.Invalid, "FIELD_UNKNOWN", "the field cannot be corrected")
	ErrRangeInvalid    = fault.New(fault.Invalid, "RANGE_INVALID",
		"ranges of bibs are like 1-999 or F1-F99, and lie in a wave of the race")
	ErrRangeTooSmall = fault.New(fault.Refused, "RANGE_TOO_SMALL", "the ranges hold too few free bibs; none was given")
	ErrRosterInvalid = fault.New(fault.Invalid, "ROSTER_INVALID", "the roster has bad lines; nothing was imported")
	ErrRosterTooBig  = fault.New(fault.Invalid, "ROSTER_TOO_BIG",
		"a roster file has at most 64 MiB, in pieces of at most 256 KiB")
)

// ErrOvertaken is returned by a store where somebody else committed the same person, request, payment or code since the
// transaction looked, or where an event is not what it was when it was read. The work is done again, and a caller who sees
// it all the same is told of ErrBusy.
var ErrOvertaken = fault.New(ErrBusy.Kind, ErrBusy.Reason, ErrBusy.Message)
