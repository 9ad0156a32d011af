-- What officials should look at in the passings of an entrant; written by scoringpg, as all that is derived.
CREATE TABLE standings.anomalies (
    event text NOT NULL,
    entrant bigint NOT NULL,
    -- In the order of the course, from 0.
    number integer NOT NULL,
    kind text NOT NULL,
    visit integer NOT NULL,
    -- NULL: not read there.
    at timestamptz,
    -- -1: the kind has none.
    from_visit integer NOT NULL,
    -- NULL: not read there.
    from_at timestamptz,
    time_us bigint NOT NULL,
    -- 0: no member's.
    leg integer NOT NULL,
    -- The ruling that deals with it; empty while it is open.
    dealt_by text NOT NULL,
    CONSTRAINT anomalies_pkey PRIMARY KEY (event, entrant, number),
    CONSTRAINT anomalies_number_not_negative CHECK (number >= 0)
);
