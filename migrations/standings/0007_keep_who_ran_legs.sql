-- ran_by is the leg that the runner of a leg is registered for where the members' chips say that it is another one; 0 where
-- it was run as registered, as far as chips tell.
ALTER TABLE standings.legs ADD COLUMN ran_by integer NOT NULL DEFAULT 0;

-- The legs of a relay's teams as they were published with a list. standingspg writes them.
CREATE TABLE standings.official_legs (
    event         text    NOT NULL,
    race          text    NOT NULL,
    list          text    NOT NULL,
    number        integer NOT NULL,
    -- That of the team's row.
    line          integer NOT NULL,
    leg           integer NOT NULL,
    member_bib    text    NOT NULL,
    -- As it was published; empty where it was hidden.
    member_name   text    NOT NULL,
    -- As in standings.legs.
    ran_by        integer NOT NULL,
    -- Official times; empty where they are not known.
    leg_time      text    NOT NULL,
    cumulative    text    NOT NULL,
    -- The exact time of the leg. NULL: not known.
    leg_us        bigint,
    -- Among the teams of the list; 0: without a rank.
    leg_rank      integer NOT NULL,
    rank_after    integer NOT NULL,
    not_completed boolean NOT NULL,
    CONSTRAINT official_legs_pkey PRIMARY KEY (event, race, list, number, line, leg),
    CONSTRAINT official_legs_row_published FOREIGN KEY (event, race, list, number, line) REFERENCES standings.official_rows
);

CREATE TRIGGER official_legs_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.official_legs
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change();
