CREATE TABLE timing.rulings (
    event       text        NOT NULL,
    change      bigint      NOT NULL,
    id          text        NOT NULL,
    -- Empty where a revocation names none.
    race        text        NOT NULL,
    -- Empty for GUN, CLOSE and REVOKE.
    bib         text        NOT NULL,
    kind        text        NOT NULL,
    target      text        NOT NULL,
    point       text        NOT NULL,
    -- NULL where the ruling has no instant.
    at          timestamptz,
    duration_us bigint      NOT NULL,
    rule        text        NOT NULL,
    reason      text        NOT NULL,
    decided_by  text        NOT NULL,
    -- NULL where it is not known.
    decided_at  timestamptz,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT rulings_pkey PRIMARY KEY (event, id),
    CONSTRAINT rulings_change_unique_in_event UNIQUE (event, change),
    CONSTRAINT rulings_kind_known CHECK (kind IN ('DSQ', 'DNS', 'WITHDRAWN', 'NOT_COMPETING', 'DNF', 'PENALTY',
        'YELLOW_CARD', 'RED_CARD', 'GUN', 'START_WITH_WAVE', 'MANUAL_TIME', 'VOID_READ', 'RANK_BEFORE', 'CLOSE',
        'REVOKE'))
);

CREATE TRIGGER rulings_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON timing.rulings
    FOR EACH STATEMENT EXECUTE FUNCTION timing.refuse_change();
