-- What a confirmed entry or one of its members holds and nobody else in the event may hold. Rows are made from those of
-- entries, which are never deleted, so a foreign key would prove nothing and cost an import a third of its time.

CREATE TABLE registration.bibs (
    event   text   NOT NULL,
    bib     text   NOT NULL,
    entrant bigint NOT NULL,
    CONSTRAINT bibs_pkey PRIMARY KEY (event, bib)
);

CREATE INDEX bibs_by_entrant ON registration.bibs (event, entrant);

CREATE TABLE registration.chips (
    event   text   NOT NULL,
    -- As compared: upper case, without leading zeros.
    chip    text   NOT NULL,
    entrant bigint NOT NULL,
    CONSTRAINT chips_pkey PRIMARY KEY (event, chip)
);

CREATE INDEX chips_by_entrant ON registration.chips (event, entrant);

CREATE TABLE registration.people (
    event   text    NOT NULL,
    -- SHA-256 of folded name, birth date and sex.
    person  bytea   NOT NULL,
    entrant bigint  NOT NULL,
    in_team boolean NOT NULL,
    CONSTRAINT people_pkey PRIMARY KEY (event, person)
);

CREATE INDEX people_by_entrant ON registration.people (event, entrant);
