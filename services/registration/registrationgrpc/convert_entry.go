package registrationgrpc

import (
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

func entryMessage(event race.EventID, e *registration.Entry) *registrationv1.Entry {
	message := &registrationv1.Entry{
		EventId:       string(event),
		Reference:     string(e.Reference),
		Race:          string(e.Race),
		State:         stateMessage(e.State),
		Bib:           string(e.Bib),
		Chips:         e.Chips,
		Person:        personMessage(e.Person),
		Wave:          string(e.Wave),
		Tags:          e.Tags,
		Members:       memberMessages(e.Members),
		EnteredAt:     instantMessage(e.EnteredAt),
		ExpiresAt:     instantMessage(e.ExpiresAt),
		FeeMinor:      e.FeeMinor,
		CharityMinor:  e.CharityMinor,
		PaidMinor:     e.PaidMinor,
		OverpaidMinor: e.OverpaidMinor(),
		JoinCode:      string(e.JoinCode),
		CameFrom:      elsewhereMessage(e.CameFrom),
		WentTo:        elsewhereMessage(e.WentTo),
		CheckedInAt:   instantMessage(e.CheckedInAt),
		SecondEntry:   e.SecondEntry,
	}
	if e.ExpectedTime != 0 {
		message.ExpectedTime = durationpb.New(e.ExpectedTime)
	}
	return message
}

// entryAnswer also tells how many entries wait before this one.
func entryAnswer(event race.EventID, e *registration.Entry, ahead int) *registrationv1.GetEntryResponse {
	message := entryMessage(event, e)
	message.WaitingAhead = int32(ahead)
	return &registrationv1.GetEntryResponse{Entry: message}
}

func paymentMessage(event race.EventID, e *registration.Entry, refundDue bool) *registrationv1.ConfirmPaymentResponse {
	outcome := registrationv1.PaymentOutcome_PAYMENT_OUTCOME_APPLIED
	if refundDue {
		outcome = registrationv1.PaymentOutcome_PAYMENT_OUTCOME_REFUND_DUE
	}
	message := entryMessage(event, e)
	message.Person, message.Members, message.JoinCode = nil, nil, ""
	return &registrationv1.ConfirmPaymentResponse{Outcome: outcome, Entry: message}
}

// joinedMessage shows a team to one of its members, who is not its captain.
func joinedMessage(event race.EventID, e *registration.Entry) *registrationv1.JoinTeamResponse {
	message := entryMessage(event, e)
	message.Reference = ""
	for _, m := range message.GetMembers() {
		m.Person.BirthDate, m.Person.Age = "", nil
	}
	return &registrationv1.JoinTeamResponse{Entry: message}
}

// transferMessage shows both entries, each in its event.
func transferMessage(t registration.Transfer, before, after *registration.Entry) *registrationv1.TransferEntryResponse {
	return &registrationv1.TransferEntryResponse{
		OldEntry: entryMessage(t.Event, before), NewEntry: entryMessage(before.WentTo.Event, after),
	}
}

func stateMessage(state registration.State) registrationv1.EntryState {
	switch state {
	case registration.Held:
		return registrationv1.EntryState_ENTRY_STATE_HELD
	case registration.Confirmed:
		return registrationv1.EntryState_ENTRY_STATE_CONFIRMED
	case registration.Waitlisted:
		return registrationv1.EntryState_ENTRY_STATE_WAITLISTED
	case registration.Offered:
		return registrationv1.EntryState_ENTRY_STATE_OFFERED
	case registration.Withdrawn:
		return registrationv1.EntryState_ENTRY_STATE_WITHDRAWN
	case registration.Expired:
		return registrationv1.EntryState_ENTRY_STATE_EXPIRED
	case registration.Transferred:
		return registrationv1.EntryState_ENTRY_STATE_TRANSFERRED
	}
	return registrationv1.EntryState_ENTRY_STATE_UNSPECIFIED
}

func elsewhereMessage(at registration.Elsewhere) string {
	if at == (registration.Elsewhere{}) {
		return ""
	}
	return string(at.Event) + "/" + string(at.Reference)
}

// instantMessage returns nil for the zero time.
func instantMessage(at time.Time) *timestamppb.Timestamp {
	if at.IsZero() {
		return nil
	}
	return timestamppb.New(at)
}

// expectedTime takes the finish time that an entrant expects, zero where none is given.
func expectedTime(path string, message *durationpb.Duration) (time.Duration, error) {
	if message == nil {
		return 0, nil
	}
	if message.CheckValid() != nil || message.AsDuration() <= 0 {
		return 0, invalid(registration.ErrExpectedTimeInvalid, path)
	}
	return message.AsDuration(), nil
}

// reference forgives what people do to a code that they copy from paper: its case, its hyphen and blanks.
func reference(text string) registration.Reference {
	const half = 4
	code := strings.ToUpper(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '-' || unicode.IsSpace(r) }), ""))
	if len(code) == 2*half {
		code = code[:half] + "-" + code[half:]
	}
	return registration.Reference(code)
}

func joinCode(text string) registration.JoinCode { return registration.JoinCode(reference(text)) }

// keyOf names an entry by one of the two.
func keyOf(text, bib string) registration.Key {
	if bib != "" {
		return registration.Key{Bib: race.Bib(bib)}
	}
	return registration.Key{Reference: reference(text)}
}
