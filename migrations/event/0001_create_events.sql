CREATE SCHEMA event;

-- change moves with every fact of the event, so pages keep room for the row's next version beside it.
CREATE TABLE event.events (
    id      text   NOT NULL,
    -- The last change number that was given out; 0 before the first.
    change  bigint NOT NULL DEFAULT 0,
    -- The newest version, and its head for the list of events.
    version bigint NOT NULL,
    name    text   NOT NULL,
    day     date   NOT NULL,
    races   text[] NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_version_counts_from_one CHECK (version >= 1),
    CONSTRAINT events_change_not_negative CHECK (change >= 0)
) WITH (fillfactor = 50);

CREATE INDEX events_by_day ON event.events (day DESC, id);

CREATE TABLE event.versions (
    event      text        NOT NULL,
    version    bigint      NOT NULL,
    change     bigint      NOT NULL,
    -- The canonical event file.
    file       text        NOT NULL,
    actor      text        NOT NULL,
    applied_at timestamptz NOT NULL,
    CONSTRAINT versions_pkey PRIMARY KEY (event, version),
    CONSTRAINT versions_change_unique UNIQUE (event, change),
    CONSTRAINT versions_of_event FOREIGN KEY (event) REFERENCES event.events (id),
    CONSTRAINT versions_count_from_one CHECK (version >= 1)
);
