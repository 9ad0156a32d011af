-- What the scorer derives from the facts. All of it can be thrown away and recomputed; scoringpg alone writes it, under
-- the fence of the event's position. Times are exact, in microseconds.
CREATE SCHEMA IF NOT EXISTS standings;

CREATE TABLE standings.results (
    event text NOT NULL,
    entrant bigint NOT NULL,
    race text NOT NULL,
    bib text NOT NULL,
    -- As the roster has them, separated by blanks.
    chip text NOT NULL,
    name text NOT NULL,
    sex text NOT NULL,
    country text NOT NULL,
    club text NOT NULL,
    category text NOT NULL,
    age_group text NOT NULL,
    wave text NOT NULL,
    status text NOT NULL,
    -- The number of the rule behind a DSQ.
    rule text NOT NULL,
    -- NULL: the wave's gun is not known.
    gun_at timestamptz,
    -- NULL: no finish counts.
    gun_us bigint,
    -- NULL: no finish counts, or the start was not read and the race gives no net time then.
    net_us bigint,
    -- NULL: no relay, or not every leg is known.
    legs_us bigint,
    penalty_us bigint NOT NULL,
    -- NULL: no classification of the race ranks this entrant by age grade.
    age_standard_us bigint,
    -- One for each classification of the race, in its order; empty where the entrant is in none of its lists.
    lists text[] NOT NULL,
    -- The bibs that this one stands directly before.
    before text[] NOT NULL,
    -- The event's version that last changed the row.
    version bigint NOT NULL,
    CONSTRAINT results_pkey PRIMARY KEY (event, entrant),
    CONSTRAINT results_status_known CHECK (status IN ('ENTERED', 'STARTED', 'FINISHED', 'DNS', 'DNF', 'OTL', 'DSQ',
        'NOT_COMPETING', 'WITHDRAWN'))
) WITH (fillfactor = 80);

CREATE TABLE standings.passings (
    event text NOT NULL,
    entrant bigint NOT NULL,
    visit integer NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT passings_pkey PRIMARY KEY (event, entrant, visit),
    CONSTRAINT passings_visit_not_negative CHECK (visit >= 0)
) WITH (fillfactor = 90);

CREATE TABLE standings.legs (
    event text NOT NULL,
    entrant bigint NOT NULL,
    leg integer NOT NULL,
    member_bib text NOT NULL,
    member_name text NOT NULL,
    -- NULL: an exchange around the leg was not seen, or the leg not completed.
    leg_us bigint,
    -- NULL: as leg_us, or an earlier leg was not completed.
    cumulative_us bigint,
    not_completed boolean NOT NULL,
    ranked boolean NOT NULL,
    CONSTRAINT legs_pkey PRIMARY KEY (event, entrant, leg),
    CONSTRAINT legs_leg_counts_from_one CHECK (leg > 0)
) WITH (fillfactor = 80);

CREATE TABLE standings.ranks (
    event text NOT NULL,
    race text NOT NULL,
    list text NOT NULL,
    entrant bigint NOT NULL,
    -- In no index: ranks of many shift when one finishes.
    rank integer NOT NULL,
    -- What the list ranks by.
    time_us bigint NOT NULL,
    CONSTRAINT ranks_pkey PRIMARY KEY (event, race, list, entrant),
    CONSTRAINT ranks_rank_counts_from_one CHECK (rank > 0)
) WITH (fillfactor = 50);

CREATE TABLE standings.lists (
    event text NOT NULL,
    race text NOT NULL,
    list text NOT NULL,
    -- The ranks of this list are exact up to this version of the event.
    version bigint NOT NULL,
    ranked integer NOT NULL,
    CONSTRAINT lists_pkey PRIMARY KEY (event, race, list),
    CONSTRAINT lists_ranked_not_negative CHECK (ranked >= 0)
) WITH (fillfactor = 50);
