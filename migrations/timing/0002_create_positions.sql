CREATE TABLE timing.positions (
    event          text        NOT NULL,
    -- A stream that was made anew begins another generation.
    generation     integer     NOT NULL,
    stream_created timestamptz NOT NULL,
    sequence       bigint      NOT NULL,
    change         bigint      NOT NULL,
    version        bigint      NOT NULL,
    -- NULL while the scorer goes on from here.
    retired_at     timestamptz,
    CONSTRAINT positions_pkey PRIMARY KEY (event, generation),
    CONSTRAINT positions_not_negative CHECK (generation > 0 AND sequence >= 0 AND change >= 0 AND version >= 0)
) WITH (fillfactor = 50);

CREATE UNIQUE INDEX positions_one_in_use ON timing.positions (event) WHERE retired_at IS NULL;
