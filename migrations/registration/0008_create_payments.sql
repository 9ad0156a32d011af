-- Every payment that was told of, under the provider's name of it.
CREATE TABLE registration.payments (
    event        text        NOT NULL,
    payment      text        NOT NULL,
    entrant      bigint      NOT NULL,
    amount_minor bigint      NOT NULL,
    -- It is to be given back.
    refund_due   boolean     NOT NULL,
    received_at  timestamptz NOT NULL,
    actor        text        NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (event, payment),
    CONSTRAINT payments_amount_above_zero CHECK (amount_minor > 0)
);

CREATE INDEX payments_by_entrant ON registration.payments (event, entrant);
