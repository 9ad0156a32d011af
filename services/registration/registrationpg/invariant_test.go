package registrationpg_test

import (
	"pgregory.net/rapid"
)

// invariants are what must be nothing after every step, each a query of what breaks it.
const invariants = `
WITH entries AS (
    SELECT *, state IN ('HELD', 'CONFIRMED', 'OFFERED') AS has_place,
           state IN ('HELD', 'CONFIRMED', 'OFFERED', 'WAITLISTED') AS stands
    FROM registration.entries
    WHERE event = $1),
history AS (
    SELECT *
    FROM registration.entry_changes
    WHERE event = $1)
SELECT 'places taken are not the entries that have one', race
FROM registration.races AS r
WHERE event = $1
  AND taken <> (SELECT count(*) FROM entries AS e WHERE e.race = r.race AND has_place)
UNION ALL
SELECT 'more places taken than there are', race
FROM registration.races
WHERE event = $1
  AND taken > capacity
UNION ALL
SELECT 'those who wait are counted wrong', race
FROM registration.races AS r
WHERE event = $1
  AND waiting <> (SELECT count(*) FROM entries AS e WHERE e.race = r.race AND state = 'WAITLISTED')
UNION ALL
SELECT 'somebody was passed over on the waitlist', e.race
FROM entries AS e
WHERE e.state = 'WAITLISTED'
  AND EXISTS (SELECT FROM history AS h JOIN entries AS o USING (entrant)
              WHERE h.action = 'OFFER' AND o.race = e.race AND h.entrant > e.entrant)
UNION ALL
SELECT 'a place was offered out of order', e.race
FROM (SELECT o.race, h.entrant, lag(h.entrant) OVER (PARTITION BY o.race ORDER BY h.number) AS before
      FROM history AS h
      JOIN entries AS o USING (entrant)
      WHERE h.action = 'OFFER') AS e
WHERE e.entrant < e.before
UNION ALL
SELECT 'a place runs out of no entry that is held or offered', reference
FROM entries
WHERE expires_at IS NOT NULL
  AND state NOT IN ('HELD', 'OFFERED')
UNION ALL
SELECT 'confirmed and something is owed', reference
FROM entries
WHERE state = 'CONFIRMED'
  AND paid_minor < fee_minor
UNION ALL
SELECT 'what is paid is not what payments say', reference
FROM entries AS e
WHERE state <> 'TRANSFERRED'
  AND paid_minor <> (SELECT coalesce(sum(p.amount_minor), 0) FROM registration.payments AS p
                     WHERE p.event = e.event AND p.entrant = e.entrant AND NOT p.refund_due)
UNION ALL
SELECT 'the history does not begin with the making of the entry', reference
FROM entries AS e
WHERE (SELECT count(*) FROM history AS h WHERE h.entrant = e.entrant AND h.before IS NULL) <> 1
UNION ALL
SELECT 'the history does not end where the entry stands', reference
FROM (SELECT DISTINCT ON (entrant) entrant, after ->> 'state' AS state FROM history ORDER BY entrant, number DESC) AS h
JOIN entries AS e USING (entrant)
WHERE h.state <> e.state
UNION ALL
SELECT 'the history jumps', h.entrant::text
FROM (SELECT entrant, before ->> 'state' AS before, lag(after ->> 'state') OVER (PARTITION BY entrant ORDER BY number) AS last
      FROM history) AS h
WHERE h.before <> h.last
UNION ALL
SELECT 'an entry that had ended came back: ' || (before ->> 'state') || ' by ' || action, entrant::text
FROM history
WHERE (before ->> 'state' = 'TRANSFERRED'
    OR before ->> 'state' = 'WITHDRAWN' AND action <> 'IMPORT_ROSTER'
    OR before ->> 'state' = 'EXPIRED' AND action <> 'CONFIRM_PAYMENT')
  AND after ->> 'state' <> before ->> 'state'
UNION ALL
SELECT 'a name or birth date stands in the history', h.entrant::text
FROM history AS h
WHERE (h.before::text || h.after::text) ~ 'Runner|1995-01-01'
UNION ALL
SELECT 'a bib that nobody wears, or that is not claimed', coalesce(b.bib, worn.bib)
FROM (SELECT entrant, bib FROM entries WHERE stands AND bib IS NOT NULL
      UNION
      SELECT m.entrant, m.bib
      FROM registration.members AS m
      JOIN entries AS e ON e.event = m.event AND e.entrant = m.entrant
      WHERE e.stands AND m.bib IS NOT NULL) AS worn
FULL JOIN (SELECT * FROM registration.bibs WHERE event = $1) AS b ON b.entrant = worn.entrant AND b.bib = worn.bib
WHERE b.bib IS NULL OR worn.bib IS NULL
UNION ALL
SELECT 'a chip that nobody wears, or that is not claimed', coalesce(c.chip, worn.chip)
FROM (SELECT entrant, upper(unnest(chips)) AS chip FROM entries WHERE stands
      UNION
      SELECT m.entrant, upper(unnest(m.chips))
      FROM registration.members AS m
      JOIN entries AS e ON e.event = m.event AND e.entrant = m.entrant
      WHERE e.stands) AS worn
FULL JOIN (SELECT * FROM registration.chips WHERE event = $1) AS c ON c.entrant = worn.entrant AND c.chip = worn.chip
WHERE c.chip IS NULL OR worn.chip IS NULL
UNION ALL
SELECT 'people are claimed by an entry that has ended, or not by one that stands', coalesce(p.entrant, e.entrant)::text
FROM (SELECT e.entrant, count(CASE WHEN m.entrant IS NULL THEN e.birth_day ELSE m.birth_day END) AS people
      FROM entries AS e
      LEFT JOIN registration.members AS m ON m.event = e.event AND m.entrant = e.entrant
      WHERE e.stands
      GROUP BY e.entrant
      HAVING count(CASE WHEN m.entrant IS NULL THEN e.birth_day ELSE m.birth_day END) > 0) AS e
FULL JOIN (SELECT entrant, count(*) AS people FROM registration.people WHERE event = $1 GROUP BY entrant) AS p
    ON p.entrant = e.entrant
WHERE p.people IS DISTINCT FROM e.people`

// check finds nothing that breaks an invariant.
func (s *sequence) check(rt *rapid.T) {
	rows, err := s.pool.Query(s.t.Context(), invariants, s.event.ID)
	if err != nil {
		rt.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var broken, by string
		if err := rows.Scan(&broken, &by); err != nil {
			rt.Fatal(err)
		}
		rt.Errorf("%s: %s", broken, by)
	}
	if err := rows.Err(); err != nil {
		rt.Fatal(err)
	}
}
