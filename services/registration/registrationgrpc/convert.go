package registrationgrpc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/fault"
	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

func personRegistration(request *registrationv1.RegisterPersonRequest) (registration.Registration, error) {
	person, err := personOf("person.", request.GetPerson())
	return registration.Registration{
		Event:     race.EventID(request.GetEventId()),
		Race:      race.ID(request.GetRace()),
		RequestID: request.GetRequestId(),
		Person:    person,
		Tags:      request.GetTags(),
	}, err
}

func teamRegistration(request *registrationv1.RegisterTeamRequest) (registration.Registration, error) {
	team, err := personOf("team.", request.GetTeam())
	if err != nil {
		return registration.Registration{}, err
	}
	// A team as such has no birthday.
	team.BirthDay, team.AgeYears = civil.Day{}, nil
	members, err := membersOf("members", request.GetMembers())
	return registration.Registration{
		Event:     race.EventID(request.GetEventId()),
		Race:      race.ID(request.GetRace()),
		RequestID: request.GetRequestId(),
		Person:    team,
		Members:   members,
		Tags:      request.GetTags(),
	}, err
}

func correction(request *registrationv1.CorrectEntryRequest) (registration.Correction, error) {
	message := request.GetEntry()
	fields := slices.Clone(request.GetUpdateMask().GetPaths())
	c := registration.Correction{
		Event:     race.EventID(request.GetEventId()),
		Reference: reference(request.GetReference()),
		Fields:    fields,
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
	c.Value.Members, err = membersOf("entry.members", message.GetMembers())
	return c, err
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

// maxAgeYears is beyond every age that was ever proven.
const maxAgeYears = 125

func personOf(path string, message *registrationv1.Person) (race.Person, error) {
	p := race.Person{
		Name:     strings.TrimSpace(message.GetName()),
		Country:  strings.TrimSpace(message.GetCountry()),
		Club:     strings.TrimSpace(message.GetClub()),
		Category: strings.TrimSpace(message.GetCategory()),
	}
	switch message.GetSex() {
	case registrationv1.Sex_SEX_UNSPECIFIED:
	case registrationv1.Sex_SEX_F:
		p.Sex = race.Female
	case registrationv1.Sex_SEX_M:
		p.Sex = race.Male
	case registrationv1.Sex_SEX_X:
		p.Sex = race.X
	default:
		return race.Person{}, invalid(registration.ErrSexMissing, path+"sex")
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

func invalid(f *fault.Fault, path string) error {
	return f.With(f.At(path))
}

// reference forgives what people do to a code that they copy.
func reference(text string) registration.Reference {
	return registration.Reference(strings.ToUpper(strings.TrimSpace(text)))
}

func chipAssignments(messages []*registrationv1.ChipAssignment) []registration.ChipAssignment {
	assignments := make([]registration.ChipAssignment, len(messages))
	for i, m := range messages {
		assignments[i] = registration.ChipAssignment{Bib: race.Bib(m.GetBib()), Chips: m.GetChips()}
	}
	return assignments
}

// page is what of a list is asked for.
type page struct {
	after race.EntrantID
	size  int
}

const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

func pageOf(request *registrationv1.ListEntriesRequest) (page, error) {
	p := page{size: int(request.GetPageSize())}
	if p.size == 0 {
		p.size = defaultPageSize
	}
	if p.size < 1 || p.size > maxPageSize {
		return page{}, invalid(registration.ErrPageSizeInvalid, "page_size")
	}
	if token := request.GetPageToken(); token != "" {
		after, err := strconv.ParseInt(token, 36, 64)
		if err != nil || after < 0 {
			return page{}, invalid(registration.ErrPageTokenInvalid, "page_token")
		}
		p.after = race.EntrantID(after)
	}
	return p, nil
}

// pageMessage shows at most size entries; one more stands for the next page.
func pageMessage(event race.EventID, entries []registration.Entry, size int) *registrationv1.ListEntriesResponse {
	response := &registrationv1.ListEntriesResponse{}
	if len(entries) > size {
		entries = entries[:size]
		response.NextPageToken = strconv.FormatInt(int64(entries[size-1].ID), 36)
	}
	for i := range entries {
		response.Entries = append(response.Entries, entryMessage(event, &entries[i]))
	}
	return response
}

func entryMessage(event race.EventID, e *registration.Entry) *registrationv1.Entry {
	message := &registrationv1.Entry{
		EventId:   string(event),
		Reference: string(e.Reference),
		Race:      string(e.Race),
		State:     stateMessage(e.State),
		Bib:       string(e.Bib),
		Chips:     e.Chips,
		Person:    personMessage(e.Person),
		Wave:      string(e.Wave),
		Tags:      e.Tags,
	}
	for _, m := range e.Members {
		message.Members = append(message.Members, &registrationv1.Member{
			Leg: int32(m.Leg), Person: personMessage(m.Person), Bib: string(m.Bib), Chips: m.Chips,
		})
	}
	return message
}

func stateMessage(state registration.State) registrationv1.EntryState {
	switch state {
	case registration.Confirmed:
		return registrationv1.EntryState_ENTRY_STATE_CONFIRMED
	case registration.Withdrawn:
		return registrationv1.EntryState_ENTRY_STATE_WITHDRAWN
	}
	return registrationv1.EntryState_ENTRY_STATE_UNSPECIFIED
}

func personMessage(p race.Person) *registrationv1.Person {
	message := &registrationv1.Person{
		Name: p.Name, BirthDate: p.BirthDay.String(), Country: p.Country, Club: p.Club, Category: p.Category,
	}
	switch p.Sex {
	case race.SexUnknown:
	case race.Female:
		message.Sex = registrationv1.Sex_SEX_F
	case race.Male:
		message.Sex = registrationv1.Sex_SEX_M
	case race.X:
		message.Sex = registrationv1.Sex_SEX_X
	}
	if p.AgeYears != nil {
		years := int32(*p.AgeYears)
		message.Age = &years
	}
	return message
}

func importedMessage(done registration.Imported) *registrationv1.ImportRosterResponse {
	response := &registrationv1.ImportRosterResponse{
		Added: int32(done.Added), Changed: int32(done.Changed), Same: int32(done.Same),
	}
	for _, bib := range done.Withdrawn {
		response.Withdrawn = append(response.Withdrawn, string(bib))
	}
	return response
}
