-- A change number keeps every other fact of the event waiting until its transaction ends. Lines of the roster are therefore
-- written under the number of a batch, and the last statement gives the batch its change.
CREATE SEQUENCE registration.batch_numbers;

CREATE TABLE registration.batches (
    event  text   NOT NULL,
    batch  bigint NOT NULL,
    change bigint NOT NULL,
    CONSTRAINT batches_pkey PRIMARY KEY (event, batch),
    CONSTRAINT batches_change_unique UNIQUE (event, change)
);

-- What was written before is a batch by the number of its change.
INSERT INTO registration.batches (event, batch, change)
SELECT event, change, change
FROM registration.roster_changes
UNION
SELECT event, change, change
FROM registration.entry_changes
WHERE change IS NOT NULL;

SELECT setval('registration.batch_numbers', coalesce(max(batch), 0) + 1)
FROM registration.batches;

ALTER TABLE registration.roster_changes RENAME COLUMN change TO batch;
ALTER INDEX registration.roster_changes_by_change RENAME TO roster_changes_by_batch;
ALTER TABLE registration.entry_changes RENAME COLUMN change TO batch;
