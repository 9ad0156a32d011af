-- A registrar may enter a person a second time: slot is 0 for whoever entered first, and the entrant for the others.
-- Accents no longer tell people apart, so what was folded without regard to them is folded anew.
ALTER TABLE registration.people
    ADD COLUMN slot bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT people_pkey,
    ADD CONSTRAINT people_pkey PRIMARY KEY (event, person, slot);

DELETE FROM registration.people;

INSERT INTO registration.people (event, person, slot, entrant, in_team)
SELECT event, person, CASE WHEN row_number() OVER (PARTITION BY event, person ORDER BY entrant) = 1 THEN 0 ELSE entrant END,
       entrant, in_team
FROM (SELECT DISTINCT p.event, p.entrant, p.in_team,
             sha256(convert_to(lower(upper(regexp_replace(normalize(
                 regexp_replace(trim(p.name), '\s+', ' ', 'g'), NFD), '[\u0300-\u036f]', '', 'g')))
                 || chr(1) || p.birth_day::text || chr(1) || p.sex, 'UTF8')) AS person
      FROM (SELECT e.event, e.entrant, false AS in_team, e.name, e.birth_day, e.sex
            FROM registration.entries AS e
            WHERE e.state = 'CONFIRMED'
              AND NOT EXISTS (SELECT FROM registration.members AS m WHERE m.event = e.event AND m.entrant = e.entrant)
            UNION ALL
            SELECT m.event, m.entrant, true, m.name, m.birth_day, m.sex
            FROM registration.members AS m
            JOIN registration.entries AS e ON e.event = m.event AND e.entrant = m.entrant
            WHERE e.state = 'CONFIRMED') AS p
      WHERE p.birth_day IS NOT NULL) AS folded;

UPDATE registration.entries AS e
SET second_entry = true
FROM registration.people AS p
WHERE p.event = e.event
  AND p.entrant = e.entrant
  AND p.slot <> 0;
