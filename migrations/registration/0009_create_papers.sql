-- What is known of people beside their entries; it is deleted when an entry is erased. person is empty for the entrant
-- itself, and for a member of a team the digest under which registration.people has it.
CREATE TABLE registration.contacts (
    event   text   NOT NULL,
    entrant bigint NOT NULL,
    -- A team's captain; empty for a person.
    name    text   NOT NULL,
    email   text   NOT NULL,
    phone   text   NOT NULL,
    CONSTRAINT contacts_pkey PRIMARY KEY (event, entrant)
);

CREATE TABLE registration.guardians (
    event           text        NOT NULL,
    entrant         bigint      NOT NULL,
    person          bytea       NOT NULL,
    name            text        NOT NULL,
    contact         text        NOT NULL,
    consent_version text        NOT NULL,
    consented_at    timestamptz NOT NULL,
    CONSTRAINT guardians_pkey PRIMARY KEY (event, entrant, person)
);

CREATE TABLE registration.documents (
    event       text        NOT NULL,
    entrant     bigint      NOT NULL,
    person      bytea       NOT NULL,
    type        text        NOT NULL,
    -- NULL: without end.
    valid_until date,
    verified_by text        NOT NULL,
    verified_at timestamptz NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (event, entrant, person, type),
    CONSTRAINT documents_type_known CHECK (type IN ('MEDICAL_CERTIFICATE', 'CONSENT', 'IDENTITY'))
);
