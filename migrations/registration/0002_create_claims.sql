-- What a confirmed entry or one of its members holds and nobody else in the event may hold.

CREATE TABLE registration.bibs (
    event   text   NOT NULL,
    bib     text   NOT NULL,
    entrant bigint NOT NULL,
    CONSTRAINT bibs_unique_in_event PRIMARY KEY (event, bib),
    CONSTRAINT bibs_entrant_known FOREIGN KEY (event, entrant) REFERENCES registration.entries (event, entrant)
);

CREATE INDEX bibs_by_entrant ON registration.bibs (event, entrant);

CREATE TABLE registration.chips (
    event   text   NOT NULL,
    -- As compared: upper case, without leading zeros.
    chip    text   NOT NULL,
    entrant bigint NOT NULL,
    CONSTRAINT chips_unique_in_event PRIMARY KEY (event, chip),
    CONSTRAINT chips_entrant_known FOREIGN KEY (event, entrant) REFERENCES registration.entries (event, entrant)
);

CREATE INDEX chips_by_entrant ON registration.chips (event, entrant);

CREATE TABLE registration.people (
    event   text    NOT NULL,
    -- SHA-256 of folded name, birth date and sex.
    person  bytea   NOT NULL,
    entrant bigint  NOT NULL,
    in_team boolean NOT NULL,
    CONSTRAINT people_unique_in_event PRIMARY KEY (event, person),
    CONSTRAINT people_entrant_known FOREIGN KEY (event, entrant) REFERENCES registration.entries (event, entrant)
);

CREATE INDEX people_by_entrant ON registration.people (event, entrant);
