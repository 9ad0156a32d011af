-- Every official action on an event, in the transaction of what it changed. Rows are only ever added, and each carries the
-- digest of the one before it, so that a row that was touched later can be named.
CREATE SCHEMA audit;

CREATE TABLE audit.actions (
    event  text        NOT NULL,
    -- Counts the actions of an event from 1, without gaps.
    number bigint      NOT NULL,
    at     timestamptz NOT NULL,
    actor  text        NOT NULL,
    -- What was done, in UPPER_SNAKE.
    action text        NOT NULL,
    -- What exactly, for people to read.
    detail text        NOT NULL,
    -- SHA-256 over the digest of the row before (nothing before the first) and audit.content of this row.
    digest bytea       NOT NULL,
    CONSTRAINT actions_pkey PRIMARY KEY (event, number),
    CONSTRAINT actions_number_counts_from_one CHECK (number >= 1),
    CONSTRAINT actions_digest_is_sha256 CHECK (octet_length(digest) = 32)
);

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: the audit is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER actions_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.actions
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

-- What the digest of an action is over: each part as its length in bytes, a colon and the part; the instant in
-- microseconds since 1970.
CREATE FUNCTION audit.content(p_event text, p_number bigint, p_at timestamptz, p_actor text, p_action text, p_detail text)
RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to(string_agg(octet_length(convert_to(part, 'UTF8')) || ':' || part, '' ORDER BY position), 'UTF8')
    FROM unnest(ARRAY[p_event, p_number::text, (extract(epoch FROM p_at) * 1000000)::bigint::text, p_actor, p_action,
        p_detail]) WITH ORDINALITY AS parts (part, position)
$$;

-- The contract between the schemas: whoever changes something on an official's word calls this in the same transaction, and
-- last, since until it ends no other action of the event can be recorded.
CREATE FUNCTION audit.record(p_event text, p_at timestamptz, p_actor text, p_action text, p_detail text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_number bigint;
    v_digest bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit of ' || p_event, 0));
    SELECT number, digest
    INTO v_number, v_digest
    FROM audit.actions
    WHERE event = p_event
    ORDER BY number DESC
    LIMIT 1;
    v_number := coalesce(v_number, 0) + 1;
    INSERT INTO audit.actions (event, number, at, actor, action, detail, digest)
    VALUES (p_event, v_number, p_at, p_actor, p_action, p_detail,
        sha256(coalesce(v_digest, '') || audit.content(p_event, v_number, p_at, p_actor, p_action, p_detail)));
    RETURN v_number;
END
$$;
