-- An entry's life from HELD or WAITLISTED to its end. HELD, OFFERED and CONFIRMED have a place.
ALTER TABLE registration.races
    -- What the event's file said when capacity was last taken from it; NULL: without limit. Until it says something else,
    -- capacity is what the operators made of it.
    ADD COLUMN event_capacity integer,
    -- The number of waitlisted entries.
    ADD COLUMN waiting integer NOT NULL DEFAULT 0,
    -- Whether entries are taken: by the times of the event's file, or by an operator's word.
    ADD COLUMN taking text NOT NULL DEFAULT 'BY_TIMES',
    ADD CONSTRAINT races_waiting_not_negative CHECK (waiting >= 0),
    ADD CONSTRAINT races_taking_known CHECK (taking IN ('BY_TIMES', 'OPEN', 'CLOSED'));

UPDATE registration.races
SET event_capacity = capacity;

ALTER TABLE registration.entries
    -- The frontend's name of who entered; empty where it gave none.
    ADD COLUMN owner text NOT NULL DEFAULT '',
    -- The name of the key that entered.
    ADD COLUMN entered_by text NOT NULL DEFAULT '',
    -- When the place is given back; NULL where it is not, or there is none.
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN fee_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN charity_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN paid_minor bigint NOT NULL DEFAULT 0,
    -- NULL where no finish time is expected.
    ADD COLUMN expected_us bigint,
    ADD COLUMN name_shown text NOT NULL DEFAULT '',
    -- A registrar entered the person although there is another entry.
    ADD COLUMN second_entry boolean NOT NULL DEFAULT false,
    -- NULL where nobody can join.
    ADD COLUMN join_code text,
    -- Event and reference, divided by a slash, of the entry whose place this one took, and of the one that took its place;
    -- NULL where there is none.
    ADD COLUMN came_from text,
    ADD COLUMN went_to text,
    -- NULL until bib and chip are handed out.
    ADD COLUMN checked_in_at timestamptz,
    -- Whoever makes an entry holds the row of its race; looking for it again costs a third of the time of an import.
    DROP CONSTRAINT entries_race_known,
    DROP CONSTRAINT entries_state_known,
    ADD CONSTRAINT entries_state_known CHECK (state IN ('HELD', 'CONFIRMED', 'WAITLISTED', 'OFFERED', 'WITHDRAWN',
        'EXPIRED', 'TRANSFERRED')),
    ADD CONSTRAINT entries_only_places_expire CHECK (expires_at IS NULL OR state IN ('HELD', 'OFFERED')),
    ADD CONSTRAINT entries_amounts_not_negative CHECK (fee_minor >= 0 AND charity_minor >= 0 AND paid_minor >= 0),
    ADD CONSTRAINT entries_expected_above_zero CHECK (expected_us > 0),
    ADD CONSTRAINT entries_name_shown_known CHECK (name_shown IN ('', 'HIDDEN', 'FULL'));

CREATE INDEX entries_by_expiry ON registration.entries (event, race, expires_at)
WHERE expires_at IS NOT NULL;

CREATE INDEX entries_waiting ON registration.entries (event, race, entrant)
WHERE state = 'WAITLISTED';

CREATE UNIQUE INDEX entries_join_code_unique_in_event ON registration.entries (event, join_code)
WHERE join_code IS NOT NULL;

ALTER TABLE registration.members
    ADD COLUMN name_shown text NOT NULL DEFAULT '',
    ADD CONSTRAINT members_name_shown_known CHECK (name_shown IN ('', 'HIDDEN', 'FULL'));

CREATE OR REPLACE VIEW registration.whole_entries AS
SELECT e.event,
       e.entrant,
       e.reference,
       e.race,
       e.state,
       e.bib,
       e.request_id,
       (SELECT row_to_json(c)
        FROM (SELECT e.entrant, e.reference, e.race, e.state, e.bib, e.chips, e.name, e.sex, e.birth_day, e.age_years,
                     e.country, e.club, e.category, e.name_shown, e.wave, e.tags, e.request_id, e.request_digest,
                     e.entered_at, e.entered_by, e.owner, e.expires_at, e.fee_minor, e.charity_minor, e.paid_minor,
                     e.expected_us, e.second_entry, e.join_code, e.came_from, e.went_to, e.checked_in_at) AS c
       ) AS entry,
       -- NULL where there are none.
       (SELECT json_agg(c ORDER BY c.number)
        FROM (SELECT m.number, m.leg, m.bib, m.chips, m.name, m.sex, m.birth_day, m.age_years, m.country, m.club,
                     m.category, m.name_shown
              FROM registration.members AS m
              WHERE m.event = e.event
                AND m.entrant = e.entrant) AS c
       ) AS members,
       e.expires_at,
       e.join_code
FROM registration.entries AS e;
