-- Lists as they were published: frozen, signed, and never changed. standingspg writes them.
CREATE TABLE standings.official_lists (
    event          text        NOT NULL,
    race           text        NOT NULL,
    list           text        NOT NULL,
    -- Counts the versions of the list from 1.
    number         integer     NOT NULL,
    state          text        NOT NULL,
    published_at   timestamptz NOT NULL,
    protests_until timestamptz NOT NULL,
    reason         text        NOT NULL,
    signed_by      text        NOT NULL,
    -- Whose key it was.
    actor          text        NOT NULL,
    -- The matters that were open, by their names, and that whoever signed let be.
    waived         text[]      NOT NULL,
    -- The version of the event's derived state, and the last change of event, roster and rulings that is in it.
    version        bigint      NOT NULL,
    change         bigint      NOT NULL,
    -- SHA-256 of the rows without names, and of the facts that they follow from.
    digest         bytea       NOT NULL,
    facts_digest   bytea       NOT NULL,
    CONSTRAINT official_lists_pkey PRIMARY KEY (event, race, list, number),
    CONSTRAINT official_lists_number_counts_from_one CHECK (number >= 1),
    CONSTRAINT official_lists_state_known CHECK (state IN ('PROVISIONAL', 'OFFICIAL', 'AMENDED')),
    CONSTRAINT official_lists_digests_are_sha256 CHECK (octet_length(digest) = 32 AND octet_length(facts_digest) = 32)
);

CREATE TABLE standings.official_rows (
    event     text    NOT NULL,
    race      text    NOT NULL,
    list      text    NOT NULL,
    number    integer NOT NULL,
    -- In the order of the list, from 1.
    line      integer NOT NULL,
    -- 0: without a rank.
    rank      integer NOT NULL,
    bib       text    NOT NULL,
    -- As it was published; empty where it was hidden.
    name      text    NOT NULL,
    sex       text    NOT NULL,
    age_group text    NOT NULL,
    country   text    NOT NULL,
    club      text    NOT NULL,
    category  text    NOT NULL,
    status    text    NOT NULL,
    -- The number of the rule behind a DSQ.
    rule      text    NOT NULL,
    -- Official times; empty where there is none.
    gun       text    NOT NULL,
    net       text    NOT NULL,
    penalty   text    NOT NULL,
    ranked    text    NOT NULL,
    -- The exact time that the list ranks by. NULL: none.
    ranked_us bigint,
    CONSTRAINT official_rows_pkey PRIMARY KEY (event, race, list, number, line),
    CONSTRAINT official_rows_list_published FOREIGN KEY (event, race, list, number) REFERENCES standings.official_lists
);

CREATE FUNCTION standings.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: published lists are append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER official_lists_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.official_lists
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change();

CREATE TRIGGER official_rows_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.official_rows
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change();
