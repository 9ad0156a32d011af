package registrationpg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/rules/civil"
	"raceday/services/rules/race"
)

// Papers is a registration.PaperStore on Postgres.
type Papers struct {
	db postgres.Beginner
}

// NewPapers returns a store on what the Store is on, so that they share its transactions.
func NewPapers(db postgres.Beginner) *Papers { return &Papers{db: db} }

const selectContact = `
SELECT name, email, phone
FROM registration.contacts
WHERE event = @event
  AND entrant = @entrant`

const selectGuardians = `
SELECT person, name, contact, consent_version, consented_at
FROM registration.guardians
WHERE event = @event
  AND entrant = @entrant`

const selectDocuments = `
SELECT person, type, valid_until, verified_by, verified_at
FROM registration.documents
WHERE event = @event
  AND entrant = @entrant
ORDER BY person, type`

type guardianRow struct {
	Person                        []byte
	Name, Contact, ConsentVersion string
	ConsentedAt                   time.Time
}

type documentRow struct {
	Person []byte
	Type   string
	// ValidUntil is nil for a document without end.
	ValidUntil *time.Time
	VerifiedBy string
	VerifiedAt time.Time
}

// Papers returns what is on record of an entry, in the transaction of ctx if it is one of the Store's.
func (p *Papers) Papers(
	ctx context.Context, event race.EventID, entrant race.EntrantID,
) (registration.Papers, error) {
	var contact registration.Contact
	var guardians []guardianRow
	var documents []documentRow
	arguments := pgx.StrictNamedArgs{"event": event, "entrant": entrant}
	err := postgres.InTx(ctx, p.db, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(selectContact, arguments).QueryRow(func(row pgx.Row) error {
			err := row.Scan(&contact.Name, &contact.Email, &contact.Phone)
			if errors.Is(err, pgx.ErrNoRows) {
				contact, err = registration.Contact{}, nil
			}
			return err
		})
		batch.Queue(selectGuardians, arguments).Query(func(rows pgx.Rows) (err error) {
			guardians, err = pgx.CollectRows(rows, pgx.RowToStructByPos[guardianRow])
			return err
		})
		batch.Queue(selectDocuments, arguments).Query(func(rows pgx.Rows) (err error) {
			documents, err = pgx.CollectRows(rows, pgx.RowToStructByPos[documentRow])
			return err
		})
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return registration.Papers{}, fmt.Errorf("read papers: %w", translate(err))
	}
	return papersOf(contact, guardians, documents)
}

func papersOf(
	contact registration.Contact, guardians []guardianRow, documents []documentRow,
) (registration.Papers, error) {
	papers := registration.Papers{
		Contact:   contact,
		Guardians: map[registration.Whose]registration.Guardian{},
		Documents: map[registration.Whose][]registration.Document{},
	}
	for _, g := range guardians {
		papers.Guardians[whoseOf(g.Person)] = registration.Guardian{
			Name: g.Name, Contact: g.Contact, ConsentVersion: g.ConsentVersion, ConsentedAt: g.ConsentedAt.UTC(),
		}
	}
	for _, d := range documents {
		kind, known := documentTypeOf(d.Type)
		if !known {
			return registration.Papers{}, fmt.Errorf("document of type %s is none", d.Type)
		}
		document := registration.Document{VerifiedBy: d.VerifiedBy, VerifiedAt: d.VerifiedAt.UTC()}
		document.Type = kind
		if d.ValidUntil != nil {
			document.ValidUntil = civil.DayOf(*d.ValidUntil)
		}
		papers.Documents[whoseOf(d.Person)] = append(papers.Documents[whoseOf(d.Person)], document)
	}
	return papers, nil
}

// whoseOf reads a person's digest; none is the entrant itself.
func whoseOf(person []byte) registration.Whose {
	if len(person) == 0 {
		return registration.Whose{}
	}
	return registration.Whose(person)
}

func personOf(whose registration.Whose) []byte {
	if whose == (registration.Whose{}) {
		return []byte{}
	}
	return whose[:]
}

func documentTypeOf(text string) (race.DocumentType, bool) {
	for _, t := range []race.DocumentType{race.MedicalCertificate, race.Consent, race.Identity} {
		if registration.DocumentName(t) == text {
			return t, true
		}
	}
	return 0, false
}

const upsertContact = `
INSERT INTO registration.contacts (event, entrant, name, email, phone)
VALUES (@event, @entrant, @name, @email, @phone)
ON CONFLICT ON CONSTRAINT contacts_pkey DO UPDATE
SET name = excluded.name, email = excluded.email, phone = excluded.phone`

const upsertGuardian = `
INSERT INTO registration.guardians (event, entrant, person, name, contact, consent_version, consented_at)
VALUES (@event, @entrant, @person, @name, @contact, @consent_version, @consented_at)
ON CONFLICT ON CONSTRAINT guardians_pkey DO UPDATE
SET name = excluded.name, contact = excluded.contact, consent_version = excluded.consent_version,
    consented_at = excluded.consented_at`

const upsertDocument = `
INSERT INTO registration.documents (event, entrant, person, type, valid_until, verified_by, verified_at)
VALUES (@event, @entrant, @person, @type, @valid_until::date, @verified_by, @verified_at)
ON CONFLICT ON CONSTRAINT documents_pkey DO UPDATE
SET valid_until = excluded.valid_until, verified_by = excluded.verified_by, verified_at = excluded.verified_at`

const inheritContacts = `
INSERT INTO registration.contacts (event, entrant, name, email, phone)
SELECT @event, @to, name, email, phone
FROM registration.contacts
WHERE event = @from_event
  AND entrant = @from`

const inheritGuardians = `
INSERT INTO registration.guardians (event, entrant, person, name, contact, consent_version, consented_at)
SELECT @event, @to, person, name, contact, consent_version, consented_at
FROM registration.guardians
WHERE event = @from_event
  AND entrant = @from`

const inheritDocuments = `
INSERT INTO registration.documents (event, entrant, person, type, valid_until, verified_by, verified_at)
SELECT @event, @to, person, type, valid_until, verified_by, verified_at
FROM registration.documents
WHERE event = @from_event
  AND entrant = @from`

const deleteContacts = `
DELETE FROM registration.contacts
WHERE event = @event
  AND entrant = ANY (@entrants)`

const deleteGuardians = `
DELETE FROM registration.guardians
WHERE event = @event
  AND entrant = ANY (@entrants)`

const deleteDocuments = `
DELETE FROM registration.documents
WHERE event = @event
  AND entrant = ANY (@entrants)`

const deleteChangedPeople = `
DELETE FROM registration.changed_people
WHERE event = @event
  AND entrant = ANY (@entrants)`

// A digest of what was requested covers names and birth dates.
const blankDigests = `
UPDATE registration.requests
SET digest = ''
WHERE event = @event
  AND entrant = ANY (@entrants)`

func (w *writing) queuePapers(changes *registration.Changes) {
	for i := range changes.Papers {
		w.queuePaper(&changes.Papers[i])
	}
	for _, inherited := range changes.Inherited {
		for _, query := range []string{inheritContacts, inheritGuardians, inheritDocuments} {
			w.batch.Queue(query, pgx.StrictNamedArgs{
				"event": w.event, "from_event": inherited.Event, "from": inherited.From, "to": inherited.To,
			})
		}
	}
}

func (w *writing) queuePaper(p *registration.Paper) {
	arguments := pgx.StrictNamedArgs{"event": w.event, "entrant": p.Entrant}
	switch {
	case p.Contact != nil:
		arguments["name"], arguments["email"], arguments["phone"] = p.Contact.Name, p.Contact.Email, p.Contact.Phone
		w.batch.Queue(upsertContact, arguments)
	case p.Guardian != nil:
		g := p.Guardian
		arguments["person"], arguments["name"], arguments["contact"] = personOf(p.Whose), g.Name, g.Contact
		arguments["consent_version"], arguments["consented_at"] = g.ConsentVersion, g.ConsentedAt
		w.batch.Queue(upsertGuardian, arguments)
	case p.Document != nil:
		d := p.Document
		arguments["person"], arguments["type"] = personOf(p.Whose), registration.DocumentName(d.Type)
		arguments["valid_until"] = optional(d.ValidUntil.String())
		arguments["verified_by"], arguments["verified_at"] = d.VerifiedBy, d.VerifiedAt
		w.batch.Queue(upsertDocument, arguments)
	}
}

// queueErased forgets what stands beside entries, their history last: this very change is in it.
func (w *writing) queueErased(entrants []race.EntrantID) {
	if len(entrants) == 0 {
		return
	}
	for _, query := range []string{deleteContacts, deleteGuardians, deleteDocuments, deleteChangedPeople, blankDigests} {
		w.batch.Queue(query, pgx.StrictNamedArgs{"event": w.event, "entrants": entrants})
	}
}
