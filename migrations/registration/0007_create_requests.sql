-- What clients asked to be done to entries that exist, each once; a registration's request stands in its entry.
CREATE TABLE registration.requests (
    event      text   NOT NULL,
    request_id text   NOT NULL,
    -- SHA-256 of what was requested.
    digest     bytea  NOT NULL,
    -- The entry that was changed; NULL where a race was.
    entrant    bigint,
    CONSTRAINT requests_pkey PRIMARY KEY (event, request_id)
);
