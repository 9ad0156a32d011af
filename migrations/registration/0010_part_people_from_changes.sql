-- The history of entries is kept for ever, names and birth dates in it only until an entry is erased: they stand beside it.
-- An entry that was made is a change too, from nothing.
CREATE TABLE registration.changed_people (
    number  bigint NOT NULL,
    event   text   NOT NULL,
    entrant bigint NOT NULL,
    -- Name and birth day, and those of the members; NULL where the entry was new.
    before  jsonb,
    after   jsonb  NOT NULL,
    CONSTRAINT changed_people_pkey PRIMARY KEY (number)
);

CREATE INDEX changed_people_by_entrant ON registration.changed_people (event, entrant);

ALTER TABLE registration.entry_changes
    -- NULL where the entry was new; what it then was, the first change after it or the entry itself says.
    ALTER COLUMN before DROP NOT NULL,
    ALTER COLUMN after DROP NOT NULL;

ALTER TABLE registration.entry_changes DISABLE TRIGGER entry_changes_append_only;

INSERT INTO registration.changed_people (number, event, entrant, before, after)
SELECT number, event, entrant,
       jsonb_build_object('name', before -> 'name', 'birth_day', before -> 'birth_day', 'members', before -> 'members'),
       jsonb_build_object('name', after -> 'name', 'birth_day', after -> 'birth_day', 'members', after -> 'members')
FROM registration.entry_changes;

UPDATE registration.entry_changes
SET before = before - ARRAY['name', 'birth_day', 'members'], after = after - ARRAY['name', 'birth_day', 'members'];

ALTER TABLE registration.entry_changes ENABLE TRIGGER entry_changes_append_only;
