CREATE SCHEMA registration;

-- One row a race: whoever gives or takes back a place holds its lock.
CREATE TABLE registration.races (
    event    text    NOT NULL,
    race     text    NOT NULL,
    -- NULL: without limit.
    capacity integer,
    -- The number of confirmed entries.
    taken    integer NOT NULL DEFAULT 0,
    CONSTRAINT races_pkey PRIMARY KEY (event, race),
    CONSTRAINT races_taken_within_capacity CHECK (taken BETWEEN 0 AND capacity),
    CONSTRAINT races_taken_not_negative CHECK (taken >= 0)
);

-- Pages keep room for rows that an import changes.
CREATE TABLE registration.entries (
    event          text        NOT NULL,
    -- In order of entry, never used again.
    entrant        bigint      GENERATED ALWAYS AS IDENTITY,
    reference      text        NOT NULL,
    race           text        NOT NULL,
    state          text        NOT NULL,
    -- NULL until assigned.
    bib            text,
    -- As typed.
    chips          text[]      NOT NULL,
    name           text        NOT NULL,
    sex            text        NOT NULL,
    -- NULL where it is not known.
    birth_day      date,
    -- NULL where the birth day is known, or neither is.
    age_years      integer,
    country        text        NOT NULL,
    club           text        NOT NULL,
    category       text        NOT NULL,
    -- NULL: by the bib, or the race's only wave.
    wave           text,
    tags           text[]      NOT NULL,
    -- NULL for entries of a roster file.
    request_id     text,
    -- SHA-256 of what was requested; NULL where request_id is.
    request_digest bytea,
    entered_at     timestamptz NOT NULL,
    CONSTRAINT entries_pkey PRIMARY KEY (event, entrant),
    CONSTRAINT entries_reference_unique_in_event UNIQUE (event, reference),
    CONSTRAINT entries_race_known FOREIGN KEY (event, race) REFERENCES registration.races (event, race),
    CONSTRAINT entries_state_known CHECK (state IN ('CONFIRMED', 'WITHDRAWN')),
    CONSTRAINT entries_sex_known CHECK (sex IN ('', 'F', 'M', 'X')),
    CONSTRAINT entries_bib_not_empty CHECK (bib <> ''),
    CONSTRAINT entries_wave_not_empty CHECK (wave <> ''),
    CONSTRAINT entries_one_age CHECK (birth_day IS NULL OR age_years IS NULL),
    CONSTRAINT entries_request_has_digest CHECK ((request_id IS NULL) = (request_digest IS NULL))
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX entries_request_unique_in_event ON registration.entries (event, request_id)
WHERE request_id IS NOT NULL;

CREATE INDEX entries_by_race ON registration.entries (event, race, entrant);

CREATE TABLE registration.members (
    event     text    NOT NULL,
    entrant   bigint  NOT NULL,
    -- From 0: by leg, then the reserves.
    number    integer NOT NULL,
    -- 0 for a reserve.
    leg       integer NOT NULL,
    -- NULL where the team has one bib.
    bib       text,
    -- As typed.
    chips     text[]  NOT NULL,
    name      text    NOT NULL,
    sex       text    NOT NULL,
    -- NULL where it is not known.
    birth_day date,
    -- NULL where the birth day is known, or neither is.
    age_years integer,
    country   text    NOT NULL,
    club      text    NOT NULL,
    category  text    NOT NULL,
    CONSTRAINT members_pkey PRIMARY KEY (event, entrant, number),
    CONSTRAINT members_entrant_known FOREIGN KEY (event, entrant) REFERENCES registration.entries (event, entrant),
    CONSTRAINT members_leg_not_negative CHECK (leg >= 0),
    CONSTRAINT members_sex_known CHECK (sex IN ('', 'F', 'M', 'X')),
    CONSTRAINT members_bib_not_empty CHECK (bib <> ''),
    CONSTRAINT members_one_age CHECK (birth_day IS NULL OR age_years IS NULL)
);

CREATE UNIQUE INDEX members_leg_unique ON registration.members (event, entrant, leg) WHERE leg > 0;
