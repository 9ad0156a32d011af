CREATE TABLE timing.rejected_messages (
    event           text        NOT NULL,
    generation      integer     NOT NULL,
    stream_sequence bigint      NOT NULL,
    -- -1 for the whole message.
    read_index      integer     NOT NULL,
    subject         text        NOT NULL,
    reason          text        NOT NULL,
    data            bytea       NOT NULL,
    arrived_at      timestamptz NOT NULL,
    CONSTRAINT rejected_messages_pkey PRIMARY KEY (event, generation, stream_sequence, read_index)
);

CREATE TRIGGER rejected_messages_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON timing.rejected_messages
    FOR EACH STATEMENT EXECUTE FUNCTION timing.refuse_change();
