package registrationgrpc

import (
	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// operationRequest is what every decision about a race says.
type operationRequest interface {
	GetEventId() string
	GetRequestId() string
	GetRace() string
	GetReason() string
}

func operation(request operationRequest) registration.Operation {
	return registration.Operation{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Race:      race.ID(request.GetRace()),
		Reason:    request.GetReason(),
	}
}

func vacancyMessage(v registration.Vacancy) *registrationv1.Vacancy {
	message := &registrationv1.Vacancy{
		Race:         string(v.Race),
		Taken:        int32(v.Taken),
		Waiting:      int32(v.Waiting),
		Phase:        phaseMessage(v.Closed),
		FeeMinor:     v.FeeMinor,
		CharityMinor: v.CharityMinor,
		Waitlist:     v.Waitlist,
	}
	if free, limited := v.Free(); limited {
		message.Capacity, message.Free = number(v.Capacity), number(free)
	}
	return message
}

func vacancyMessages(vacancies []registration.Vacancy) []*registrationv1.Vacancy {
	messages := make([]*registrationv1.Vacancy, len(vacancies))
	for i, v := range vacancies {
		messages[i] = vacancyMessage(v)
	}
	return messages
}

func phaseMessage(closed *fault.Fault) registrationv1.RegistrationPhase {
	switch closed {
	case nil:
		return registrationv1.RegistrationPhase_REGISTRATION_PHASE_OPEN
	case registration.ErrRegistrationNotOpen:
		return registrationv1.RegistrationPhase_REGISTRATION_PHASE_NOT_OPEN
	case registration.ErrEventCancelled:
		return registrationv1.RegistrationPhase_REGISTRATION_PHASE_CANCELLED
	}
	return registrationv1.RegistrationPhase_REGISTRATION_PHASE_CLOSED
}

func totalsMessage(t registration.Totals) *registrationv1.Totals {
	message := &registrationv1.Totals{
		Race:           string(t.Race),
		Taken:          int32(t.Taken),
		PaidMinor:      t.PaidMinor,
		CharityMinor:   t.CharityMinor,
		RefundDueMinor: t.RefundDueMinor,
		Women:          int32(t.Women),
		Men:            int32(t.Men),
	}
	if t.Limited {
		message.Capacity = number(t.Capacity)
	}
	for _, state := range registration.States() {
		if n := t.States[state]; n > 0 {
			message.States = append(message.States, &registrationv1.StateCount{State: stateMessage(state), Entries: int32(n)})
		}
	}
	for _, c := range t.Countries {
		message.Countries = append(message.Countries, &registrationv1.CountryCount{
			Country: c.Country, Entrants: int32(c.Entrants),
		})
	}
	return message
}

func totalsMessages(totals []registration.Totals, currency string) *registrationv1.GetTotalsResponse {
	response := &registrationv1.GetTotalsResponse{Currency: currency}
	for _, t := range totals {
		response.Totals = append(response.Totals, totalsMessage(t))
	}
	return response
}
