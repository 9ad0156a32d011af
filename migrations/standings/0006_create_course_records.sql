-- What courses remember: their records, and who won their past editions. Entries are only ever added; a later one of the same
-- key stands instead of an earlier one. They are facts of no event, so nothing that is derived follows from them.
CREATE TABLE standings.course_records (
    -- In the order of entry, from 1 without gaps, over all courses.
    number      bigint      NOT NULL,
    course      text        NOT NULL,
    distance_mm bigint      NOT NULL,
    sex         text        NOT NULL,
    time_us     bigint      NOT NULL,
    holder      text        NOT NULL,
    -- Empty: not known.
    country     text        NOT NULL,
    year        integer     NOT NULL,
    -- The event that it was set in, whose finishes are compared with the record before; empty: elsewhere.
    set_in      text        NOT NULL,
    -- Why it replaces one that was not slower; empty where there was none.
    reason      text        NOT NULL,
    -- The event in whose audit the entry stands, and whose key it was.
    event       text        NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT course_records_pkey PRIMARY KEY (number),
    CONSTRAINT course_records_entered_once
        UNIQUE (course, distance_mm, sex, time_us, holder, country, year, set_in, reason),
    CONSTRAINT course_records_sex_known CHECK (sex IN ('F', 'M', 'X')),
    CONSTRAINT course_records_whole_seconds CHECK (time_us > 0 AND time_us % 1000000 = 0),
    CONSTRAINT course_records_distance_above_zero CHECK (distance_mm > 0)
);

CREATE TABLE standings.past_winners (
    -- In the order of entry, from 1 without gaps, over all courses.
    number      bigint      NOT NULL,
    course      text        NOT NULL,
    distance_mm bigint      NOT NULL,
    year        integer     NOT NULL,
    sex         text        NOT NULL,
    name        text        NOT NULL,
    -- Empty: not known.
    country     text        NOT NULL,
    bib         text        NOT NULL,
    time_us     bigint      NOT NULL,
    -- Why it replaces another winner; empty where there was none.
    reason      text        NOT NULL,
    -- The event in whose audit the entry stands, and whose key it was.
    event       text        NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT past_winners_pkey PRIMARY KEY (number),
    CONSTRAINT past_winners_entered_once UNIQUE (course, distance_mm, year, sex, name, country, bib, time_us, reason),
    CONSTRAINT past_winners_sex_known CHECK (sex IN ('F', 'M', 'X')),
    CONSTRAINT past_winners_whole_seconds CHECK (time_us > 0 AND time_us % 1000000 = 0),
    CONSTRAINT past_winners_distance_above_zero CHECK (distance_mm > 0)
);

CREATE FUNCTION standings.refuse_change_of_memory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: what courses remember is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER course_records_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.course_records
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change_of_memory();

CREATE TRIGGER past_winners_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.past_winners
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change_of_memory();
