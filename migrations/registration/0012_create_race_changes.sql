-- What operators decided about places; rows are only ever added.
CREATE TABLE registration.race_changes (
    number   bigint      GENERATED ALWAYS AS IDENTITY,
    event    text        NOT NULL,
    race     text        NOT NULL,
    action   text        NOT NULL,
    actor    text        NOT NULL,
    reason   text        NOT NULL,
    at       timestamptz NOT NULL,
    -- The capacity, NULL being without limit, and whether entries were taken, before and after.
    capacity_before integer,
    capacity_after  integer,
    taking_before   text NOT NULL,
    taking_after    text NOT NULL,
    CONSTRAINT race_changes_pkey PRIMARY KEY (number)
);

CREATE INDEX race_changes_by_race ON registration.race_changes (event, race, number);

CREATE TRIGGER race_changes_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON registration.race_changes
    FOR EACH STATEMENT EXECUTE FUNCTION registration.refuse_change();
