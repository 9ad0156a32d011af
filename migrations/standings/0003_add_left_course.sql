-- An official ruled that the entrant left the course or was never on it: DNF, DNS or WITHDRAWN. False where it was not
-- computed yet: who might still be out is looked for.
ALTER TABLE standings.results
    ADD COLUMN left_course boolean NOT NULL DEFAULT false;
