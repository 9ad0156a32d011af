package registrationgrpc

import (
	"slices"
	"strings"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/access"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

func personRegistration(request *registrationv1.RegisterPersonRequest) (registration.Registration, error) {
	r := registration.Registration{
		Event:        race.EventID(request.GetEventId()),
		Race:         race.ID(request.GetRace()),
		RequestID:    request.GetRequestId(),
		Tags:         request.GetTags(),
		JoinWaitlist: request.GetJoinWaitlist(),
		Owner:        request.GetOwner(),
		Contact:      contactOf(request.GetContact()),
	}
	var err error
	if r.Person, err = personOf("person.", request.GetPerson()); err != nil {
		return registration.Registration{}, err
	}
	if r.Guardian, err = guardianOf("guardian", request.GetGuardian()); err != nil {
		return registration.Registration{}, err
	}
	r.ExpectedTime, err = expectedTime("expected_time", request.GetExpectedTime())
	return r, err
}

func teamRegistration(request *registrationv1.RegisterTeamRequest) (registration.Registration, error) {
	r := registration.Registration{
		Event:        race.EventID(request.GetEventId()),
		Race:         race.ID(request.GetRace()),
		RequestID:    request.GetRequestId(),
		Tags:         request.GetTags(),
		JoinWaitlist: request.GetJoinWaitlist(),
		Owner:        request.GetOwner(),
		Contact:      contactOf(request.GetContact()),
	}
	var err error
	if r.Person, err = teamOf("team.", request.GetTeam()); err != nil {
		return registration.Registration{}, err
	}
	if r.Members, err = membersOf("members", request.GetMembers()); err != nil {
		return registration.Registration{}, err
	}
	if r.Guardians, err = guardiansOf(len(r.Members), request.GetGuardians()); err != nil {
		return registration.Registration{}, err
	}
	r.ExpectedTime, err = expectedTime("expected_time", request.GetExpectedTime())
	return r, err
}

// lateRegistration also returns whether it is a team's.
func lateRegistration(request *registrationv1.RegisterLateRequest) (r registration.Registration, isTeam bool, err error) {
	if team := request.GetTeam(); team != nil {
		r, err = teamRegistration(team)
		return r, true, err
	}
	r, err = personRegistration(request.GetPerson())
	return r, false, err
}

// withinLate returns err with the fields of the registration where the request has them.
func withinLate(request *registrationv1.RegisterLateRequest, err error) error {
	if team := request.GetTeam(); team != nil {
		return within("team", team, err)
	}
	return within("person", request.GetPerson(), err)
}

func lateOf(request *registrationv1.RegisterLateRequest) registration.Late {
	return registration.Late{Reason: request.GetReason(), AllowSecondEntry: request.GetAllowSecondEntry()}
}

func paymentNotice(request *registrationv1.ConfirmPaymentRequest) registration.PaymentNotice {
	key := registration.Key{Reference: reference(request.GetReference())}
	if id := request.GetRegistrationRequestId(); id != "" {
		key = registration.Key{RequestID: id}
	}
	return registration.PaymentNotice{
		Event:       race.EventID(request.GetEventId()),
		RequestID:   request.GetRequestId(),
		Key:         key,
		Payment:     registration.PaymentID(request.GetPaymentId()),
		AmountMinor: request.GetAmountMinor(),
	}
}

func withdrawal(request *registrationv1.WithdrawRequest, role access.Role) registration.Withdrawal {
	return registration.Withdrawal{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Reference: reference(request.GetReference()),
		Reason:    strings.TrimSpace(request.GetReason()),
		Office:    role != access.Frontend,
	}
}

// transferOf takes a transfer to exactly one: a person, a race or an event.
func transferOf(request *registrationv1.TransferEntryRequest) (registration.Transfer, error) {
	t := registration.Transfer{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Reference: reference(request.GetReference()),
		ToRace:    race.ID(request.GetRace()),
	}
	if person := request.GetPerson(); person != nil {
		var err error
		t.ToPerson, err = successor(person)
		return t, within("person", person, err)
	}
	if request.GetTo() == nil {
		return registration.Transfer{}, invalid(registration.ErrTargetMissing, "to")
	}
	path := "race"
	if event := request.GetEvent(); event != nil {
		t.ToEvent, t.ToRace, path = race.EventID(event.GetEventId()), race.ID(event.GetRace()), "event.race"
		if t.ToEvent == "" {
			return registration.Transfer{}, invalid(registration.ErrRaceNotFound, "event.event_id")
		}
	}
	if t.ToRace == "" {
		return registration.Transfer{}, invalid(registration.ErrRaceNotFound, path)
	}
	return t, nil
}

func successor(message *registrationv1.TransferToPerson) (*registration.Successor, error) {
	s := &registration.Successor{Contact: contactOf(message.GetContact()), Owner: message.GetOwner()}
	var err error
	if s.Person, err = personOf("person.", message.GetPerson()); err != nil {
		return nil, err
	}
	if s.Guardian, err = guardianOf("guardian", message.GetGuardian()); err != nil {
		return nil, err
	}
	s.ExpectedTime, err = expectedTime("expected_time", message.GetExpectedTime())
	return s, err
}

func joiningOf(request *registrationv1.JoinTeamRequest) (registration.Joining, error) {
	j := registration.Joining{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		JoinCode:  joinCode(request.GetJoinCode()),
		Leg:       index(request.Leg),
	}
	var err error
	if j.Person, err = personOf("person.", request.GetPerson()); err != nil {
		return registration.Joining{}, err
	}
	j.Guardian, err = guardianOf("guardian", request.GetGuardian())
	return j, err
}

// substitutionOf takes a reserve, or else a new person.
func substitutionOf(request *registrationv1.SubstituteMemberRequest) (registration.Substitution, error) {
	u := registration.Substitution{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Reference: reference(request.GetReference()),
		Leg:       int(request.GetLeg()),
		Reserve:   int(request.GetReserve()),
	}
	if _, byReserve := request.GetBy().(*registrationv1.SubstituteMemberRequest_Reserve); byReserve {
		if u.Reserve < 1 {
			return registration.Substitution{}, invalid(registration.ErrReserveUnknown, "reserve")
		}
		return u, nil
	}
	var err error
	if u.Person, err = personOf("person.", request.GetPerson().GetPerson()); err == nil {
		u.Guardian, err = guardianOf("guardian", request.GetPerson().GetGuardian())
	}
	return u, within("person", request.GetPerson(), err)
}

func correction(request *registrationv1.CorrectEntryRequest) (registration.Correction, error) {
	message := request.GetEntry()
	c := registration.Correction{
		Event:     race.EventID(request.GetEventId()),
		Reference: reference(request.GetReference()),
		Fields:    slices.Clone(request.GetUpdateMask().GetPaths()),
		Value: race.Entrant{
			Race:  race.ID(message.GetRace()),
			Bib:   race.Bib(message.GetBib()),
			Chips: message.GetChips(),
			Wave:  race.WaveID(message.GetWave()),
			Tags:  message.GetTags(),
		},
		Reason: request.GetReason(),
	}
	var err error
	if c.Value.Person, err = personOf("entry.person.", message.GetPerson()); err != nil {
		return registration.Correction{}, err
	}
	if c.Value.Members, err = membersOf("entry.members", message.GetMembers()); err != nil {
		return registration.Correction{}, err
	}
	c.ExpectedTime, err = expectedTime("entry.expected_time", message.GetExpectedTime())
	return c, err
}

func bibAssignment(request *registrationv1.AssignBibsRequest) (registration.BibAssignment, error) {
	a := registration.BibAssignment{
		Event: race.EventID(request.GetEventId()), Race: race.ID(request.GetRace()), Ranges: request.GetRanges(),
	}
	switch request.GetOrder() {
	case registrationv1.BibOrder_BIB_ORDER_UNSPECIFIED:
	case registrationv1.BibOrder_BIB_ORDER_EXPECTED_TIME:
		a.ByExpectedTime = true
	default:
		return registration.BibAssignment{}, invalid(errValueUnknown, "order")
	}
	return a, nil
}

func checkInOf(request *registrationv1.CheckInRequest) registration.CheckIn {
	return registration.CheckIn{
		Event:        race.EventID(request.GetEventId()),
		RequestID:    request.GetRequestId(),
		Key:          keyOf(request.GetReference(), request.GetBib()),
		IdentitySeen: request.GetIdentitySeen(),
		AgeConfirmed: request.GetAgeConfirmed(),
		Chips:        request.GetChips(),
	}
}

func chipAssignments(messages []*registrationv1.ChipAssignment) []registration.ChipAssignment {
	assignments := make([]registration.ChipAssignment, len(messages))
	for i, m := range messages {
		assignments[i] = registration.ChipAssignment{Bib: race.Bib(m.GetBib()), Chips: m.GetChips()}
	}
	return assignments
}

func chipSwap(request *registrationv1.SwapChipsRequest) registration.ChipSwap {
	return registration.ChipSwap{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Bib:       race.Bib(request.GetBib()),
		OtherBib:  race.Bib(request.GetOtherBib()),
		Reason:    request.GetReason(),
	}
}

func assignmentMessage(a registration.ChipAssignment) *registrationv1.ChipAssignment {
	return &registrationv1.ChipAssignment{Bib: string(a.Bib), Chips: a.Chips}
}
