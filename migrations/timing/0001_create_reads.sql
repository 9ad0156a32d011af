CREATE SCHEMA timing;

-- What happened is never edited and never deleted.
CREATE FUNCTION timing.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: facts are append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

-- Bytewise order is the same on every server, and the quickest to keep an index in.
CREATE TABLE timing.reads (
    seq        bigint      NOT NULL,
    at         timestamptz NOT NULL,
    arrived_at timestamptz NOT NULL,
    -- NULL where the mat did not say.
    rssi       integer,
    -- NULL where the mat did not say.
    antenna    integer,
    event      text        COLLATE "C" NOT NULL,
    mat        text        COLLATE "C" NOT NULL,
    boot       text        COLLATE "C" NOT NULL,
    chip       text        COLLATE "C" NOT NULL,
    CONSTRAINT reads_pkey PRIMARY KEY (event, mat, boot, seq, chip, at)
);

CREATE TRIGGER reads_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON timing.reads
    FOR EACH STATEMENT EXECUTE FUNCTION timing.refuse_change();
