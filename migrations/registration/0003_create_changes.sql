-- When each line of the roster changed last, by the event's change numbers.
CREATE TABLE registration.roster_changes (
    event   text   NOT NULL,
    entrant bigint NOT NULL,
    change  bigint NOT NULL,
    CONSTRAINT roster_changes_pkey PRIMARY KEY (event, entrant)
);

CREATE INDEX roster_changes_by_change ON registration.roster_changes (event, change);

-- What was done to entries after they were made; rows are only ever added.
CREATE TABLE registration.entry_changes (
    number  bigint      GENERATED ALWAYS AS IDENTITY,
    event   text        NOT NULL,
    entrant bigint      NOT NULL,
    -- NULL where the roster stayed as it was: the entry has no bib.
    change  bigint,
    action  text        NOT NULL,
    actor   text        NOT NULL,
    reason  text        NOT NULL,
    at      timestamptz NOT NULL,
    before  jsonb       NOT NULL,
    after   jsonb       NOT NULL,
    CONSTRAINT entry_changes_pkey PRIMARY KEY (number)
);

CREATE INDEX entry_changes_by_entrant ON registration.entry_changes (event, entrant, number);

CREATE FUNCTION registration.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: facts are append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER entry_changes_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON registration.entry_changes
    FOR EACH STATEMENT EXECUTE FUNCTION registration.refuse_change();
