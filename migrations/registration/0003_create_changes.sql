-- When each line of the roster changed last, by the event's change numbers.
CREATE TABLE registration.roster_changes (
    event   text   NOT NULL,
    entrant bigint NOT NULL,
    change  bigint NOT NULL,
    CONSTRAINT roster_changes_key PRIMARY KEY (event, entrant)
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
    CONSTRAINT entry_changes_key PRIMARY KEY (number)
);

CREATE INDEX entry_changes_by_entrant ON registration.entry_changes (event, entrant, number);

CREATE FUNCTION registration.refuse_edit() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER entry_changes_only_added
BEFORE UPDATE OR DELETE ON registration.entry_changes
FOR EACH ROW EXECUTE FUNCTION registration.refuse_edit();
