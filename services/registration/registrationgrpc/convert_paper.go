package registrationgrpc

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/document"
	"raceday/services/rules/race"
)

func contactOf(message *registrationv1.Contact) *registration.Contact {
	if message == nil {
		return nil
	}
	return &registration.Contact{
		Name:  strings.TrimSpace(message.GetName()),
		Email: strings.TrimSpace(message.GetEmail()),
		Phone: strings.TrimSpace(message.GetPhone()),
	}
}

// guardianOf returns nil where nobody is named.
func guardianOf(path string, message *registrationv1.Guardian) (*registration.Guardian, error) {
	if message == nil {
		return nil, nil
	}
	g := &registration.Guardian{
		Name:           strings.TrimSpace(message.GetName()),
		Contact:        strings.TrimSpace(message.GetContact()),
		ConsentVersion: strings.TrimSpace(message.GetConsentVersion()),
	}
	if at := message.GetConsentedAt(); at != nil {
		if at.CheckValid() != nil {
			return nil, invalid(registration.ErrGuardianInvalid, path+".consented_at")
		}
		g.ConsentedAt = at.AsTime().Truncate(time.Microsecond)
	}
	return g, nil
}

// guardiansOf takes those of members by their index.
func guardiansOf(members int, messages map[int32]*registrationv1.Guardian) (map[int]registration.Guardian, error) {
	guardians := make(map[int]registration.Guardian, len(messages))
	for _, i := range slices.Sorted(maps.Keys(messages)) {
		path := fmt.Sprintf("guardians[%d]", i)
		if i < 0 || int(i) >= members {
			return nil, invalid(registration.ErrMemberUnknown, path)
		}
		g, err := guardianOf(path, messages[i])
		if err != nil {
			return nil, err
		}
		guardians[int(i)] = *g
	}
	return guardians, nil
}

func guardianRequest(request *registrationv1.RecordGuardianRequest) (registration.PaperRequest, error) {
	p := registration.PaperRequest{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Reference: reference(request.GetReference()),
		Member:    index(request.Member),
	}
	if request.GetGuardian() == nil {
		return registration.PaperRequest{}, invalid(registration.ErrGuardianInvalid, "guardian")
	}
	var err error
	p.Guardian, err = guardianOf("guardian", request.GetGuardian())
	return p, err
}

func documentRequest(request *registrationv1.RecordDocumentRequest) (registration.PaperRequest, error) {
	p := registration.PaperRequest{
		Event:     race.EventID(request.GetEventId()),
		RequestID: request.GetRequestId(),
		Reference: reference(request.GetReference()),
		Member:    index(request.Member),
	}
	held, err := heldOf("document.", request.GetDocument())
	p.Document = &registration.Document{Held: held}
	return p, err
}

// heldOf leaves out what only the server says.
func heldOf(path string, message *registrationv1.Document) (document.Held, error) {
	var held document.Held
	switch message.GetType() {
	case registrationv1.DocumentType_DOCUMENT_TYPE_MEDICAL_CERTIFICATE:
		held.Type = race.MedicalCertificate
	case registrationv1.DocumentType_DOCUMENT_TYPE_CONSENT:
		held.Type = race.Consent
	case registrationv1.DocumentType_DOCUMENT_TYPE_IDENTITY:
		held.Type = race.Identity
	default:
		return document.Held{}, invalid(registration.ErrDocumentInvalid, path+"type")
	}
	if text := strings.TrimSpace(message.GetValidUntil()); text != "" {
		var err error
		if held.ValidUntil, err = civil.ParseDay(text); err != nil {
			return document.Held{}, invalid(registration.ErrDocumentInvalid, path+"valid_until")
		}
	}
	return held, nil
}

func papersMessage(e *registration.Entry, papers registration.Papers) *registrationv1.GetPapersResponse {
	response := &registrationv1.GetPapersResponse{}
	if c := papers.Contact; c != (registration.Contact{}) {
		response.Contact = &registrationv1.Contact{Name: c.Name, Email: c.Email, Phone: c.Phone}
	}
	for _, of := range papers.ByPerson(e) {
		message := &registrationv1.Papers{}
		if of.Member != nil {
			message.Member = number(*of.Member)
		}
		if g := of.Guardian; g != nil {
			message.Guardian = &registrationv1.Guardian{
				Name: g.Name, Contact: g.Contact, ConsentVersion: g.ConsentVersion, ConsentedAt: instantMessage(g.ConsentedAt),
			}
		}
		for _, d := range of.Documents {
			message.Documents = append(message.Documents, documentMessage(d))
		}
		response.Papers = append(response.Papers, message)
	}
	return response
}

func documentMessage(d registration.Document) *registrationv1.Document {
	message := &registrationv1.Document{
		ValidUntil: d.ValidUntil.String(), VerifiedBy: d.VerifiedBy, VerifiedAt: instantMessage(d.VerifiedAt),
	}
	switch d.Type {
	case race.MedicalCertificate:
		message.Type = registrationv1.DocumentType_DOCUMENT_TYPE_MEDICAL_CERTIFICATE
	case race.Consent:
		message.Type = registrationv1.DocumentType_DOCUMENT_TYPE_CONSENT
	case race.Identity:
		message.Type = registrationv1.DocumentType_DOCUMENT_TYPE_IDENTITY
	}
	return message
}
