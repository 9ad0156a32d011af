-- An entry and its members as JSON, by the names of their columns, so that every query reads, writes and records one and
-- the same form.
CREATE VIEW registration.whole_entries AS
SELECT e.event,
       e.entrant,
       e.reference,
       e.race,
       e.state,
       e.bib,
       e.request_id,
       (SELECT row_to_json(c)
        FROM (SELECT e.entrant, e.reference, e.race, e.state, e.bib, e.chips, e.name, e.sex, e.birth_day, e.age_years,
                     e.country, e.club, e.category, e.wave, e.tags, e.request_id, e.request_digest, e.entered_at) AS c
       ) AS entry,
       -- NULL where there are none.
       (SELECT json_agg(c ORDER BY c.number)
        FROM (SELECT m.number, m.leg, m.bib, m.chips, m.name, m.sex, m.birth_day, m.age_years, m.country, m.club,
                     m.category
              FROM registration.members AS m
              WHERE m.event = e.event
                AND m.entrant = e.entrant) AS c
       ) AS members
FROM registration.entries AS e;
