package registrationgrpc

import (
	"fmt"
	"strings"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// errValueUnknown refuses a value of a newer contract: to take it as its zero could show a name that is to be hidden.
var errValueUnknown = fault.New(fault.Invalid, "VALUE_UNKNOWN", "the server does not know this value of the contract")

// maxAgeYears is beyond every age that was ever proven.
const maxAgeYears = 125

// personOf takes what is said of a person; the path leads to its fields.
func personOf(path string, message *registrationv1.Person) (race.Person, error) {
	p := race.Person{
		Name:     strings.TrimSpace(message.GetName()),
		Country:  strings.TrimSpace(message.GetCountry()),
		Club:     strings.TrimSpace(message.GetClub()),
		Category: strings.TrimSpace(message.GetCategory()),
	}
	var ok bool
	if p.Sex, ok = sexOf(message.GetSex()); !ok {
		return race.Person{}, invalid(errValueUnknown, path+"sex")
	}
	if p.NameShown, ok = nameShownOf(message.GetNameShown()); !ok {
		return race.Person{}, invalid(errValueUnknown, path+"name_shown")
	}
	if text := strings.TrimSpace(message.GetBirthDate()); text != "" {
		var err error
		if p.BirthDay, err = civil.ParseDay(text); err != nil {
			return race.Person{}, invalid(registration.ErrBirthDateInvalid, path+"birth_date")
		}
	}
	if message != nil && message.Age != nil {
		years := int(message.GetAge())
		if years < 0 || years > maxAgeYears {
			return race.Person{}, invalid(registration.ErrAgeInvalid, path+"age")
		}
		p.AgeYears = &years
	}
	return p, nil
}

// teamOf takes what is said of a team as such, which has no birthday.
func teamOf(path string, message *registrationv1.Person) (race.Person, error) {
	team, err := personOf(path, message)
	team.BirthDay, team.AgeYears = civil.Day{}, nil
	return team, err
}

func membersOf(path string, messages []*registrationv1.Member) ([]race.Member, error) {
	members := make([]race.Member, len(messages))
	for i, m := range messages {
		person, err := personOf(fmt.Sprintf("%s[%d].person.", path, i), m.GetPerson())
		if err != nil {
			return nil, err
		}
		members[i] = race.Member{
			Person: person, Leg: int(m.GetLeg()), Bib: race.Bib(m.GetBib()),
			// None is nil, as the store has it.
			Chips: append([]string(nil), m.GetChips()...),
		}
	}
	return members, nil
}

func personMessage(p race.Person) *registrationv1.Person {
	message := &registrationv1.Person{
		Name: p.Name, Sex: sexMessage(p.Sex), BirthDate: p.BirthDay.String(), Country: p.Country, Club: p.Club,
		Category: p.Category, NameShown: nameShownMessage(p.NameShown),
	}
	if p.AgeYears != nil {
		message.Age = number(*p.AgeYears)
	}
	return message
}

func memberMessages(members []race.Member) []*registrationv1.Member {
	messages := make([]*registrationv1.Member, len(members))
	for i, m := range members {
		messages[i] = &registrationv1.Member{
			Leg: int32(m.Leg), Person: personMessage(m.Person), Bib: string(m.Bib), Chips: m.Chips,
		}
	}
	return messages
}

// sexOf returns false for what the contract does not have.
func sexOf(message registrationv1.Sex) (race.Sex, bool) {
	switch message {
	case registrationv1.Sex_SEX_UNSPECIFIED:
		return race.SexUnknown, true
	case registrationv1.Sex_SEX_F:
		return race.Female, true
	case registrationv1.Sex_SEX_M:
		return race.Male, true
	case registrationv1.Sex_SEX_X:
		return race.X, true
	}
	return race.SexUnknown, false
}

func sexMessage(s race.Sex) registrationv1.Sex {
	switch s {
	case race.Female:
		return registrationv1.Sex_SEX_F
	case race.Male:
		return registrationv1.Sex_SEX_M
	case race.X:
		return registrationv1.Sex_SEX_X
	}
	return registrationv1.Sex_SEX_UNSPECIFIED
}

func nameRequest(request *registrationv1.SetNameShownRequest) (registration.NameRequest, error) {
	shown, ok := nameShownOf(request.GetNameShown())
	if !ok {
		return registration.NameRequest{}, invalid(errValueUnknown, "name_shown")
	}
	return registration.NameRequest{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Reference: reference(request.GetReference()),
		Member:    index(request.Member),
		NameShown: shown,
	}, nil
}

// nameShownOf returns false for what the contract does not have.
func nameShownOf(message registrationv1.NameShown) (race.NameShown, bool) {
	switch message {
	case registrationv1.NameShown_NAME_SHOWN_UNSPECIFIED:
		return race.NameByAge, true
	case registrationv1.NameShown_NAME_SHOWN_HIDDEN:
		return race.NameHidden, true
	case registrationv1.NameShown_NAME_SHOWN_FULL:
		return race.NameInFull, true
	}
	return race.NameHidden, false
}

func nameShownMessage(n race.NameShown) registrationv1.NameShown {
	switch n {
	case race.NameHidden:
		return registrationv1.NameShown_NAME_SHOWN_HIDDEN
	case race.NameInFull:
		return registrationv1.NameShown_NAME_SHOWN_FULL
	}
	return registrationv1.NameShown_NAME_SHOWN_UNSPECIFIED
}

// number makes an optional field.
func number(n int) *int32 {
	n32 := int32(n)
	return &n32
}

// index takes an optional field.
func index(n *int32) *int {
	if n == nil {
		return nil
	}
	i := int(*n)
	return &i
}
