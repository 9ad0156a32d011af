-- The version of the event by which a read was committed: what was stored as of a version can be said for ever. Reads from
-- before this column belong to every version.
ALTER TABLE timing.reads
    ADD COLUMN version bigint NOT NULL DEFAULT 0;
