-- Prizes as they were announced, and as they were handed over and taken back: never changed. standingspg writes them. No
-- names: who wins is known by the bib, and a name that is forgotten is forgotten here.
CREATE TABLE standings.award_announcements (
    event        text        NOT NULL,
    race         text        NOT NULL,
    -- Counts the announcements of the race from 1.
    number       integer     NOT NULL,
    request_id   text        NOT NULL,
    announced_at timestamptz NOT NULL,
    signed_by    text        NOT NULL,
    -- Whose key it was.
    actor        text        NOT NULL,
    -- The version of the event's derived state, and the last change of event, roster and rulings that is in it.
    version      bigint      NOT NULL,
    change       bigint      NOT NULL,
    CONSTRAINT award_announcements_pkey PRIMARY KEY (event, race, number),
    CONSTRAINT award_announcements_request_unique_in_event UNIQUE (event, request_id),
    CONSTRAINT award_announcements_number_counts_from_one CHECK (number >= 1)
);

CREATE TABLE standings.announced_prizes (
    event          text    NOT NULL,
    race           text    NOT NULL,
    number         integer NOT NULL,
    -- In the order of the awards, from 1.
    line           integer NOT NULL,
    classification text    NOT NULL,
    list           text    NOT NULL,
    place          integer NOT NULL,
    rank           integer NOT NULL,
    entrant        bigint  NOT NULL,
    bib            text    NOT NULL,
    -- The official time that the list ranked by.
    ranked         text    NOT NULL,
    CONSTRAINT announced_prizes_pkey PRIMARY KEY (event, race, number, line),
    CONSTRAINT announced_prizes_place_counts_from_one CHECK (place >= 1),
    CONSTRAINT announced_prizes_announced FOREIGN KEY (event, race, number) REFERENCES standings.award_announcements
);

CREATE TABLE standings.prize_hand_overs (
    event          text        NOT NULL,
    race           text        NOT NULL,
    -- Counts those of the race from 1.
    number         integer     NOT NULL,
    request_id     text        NOT NULL,
    classification text        NOT NULL,
    list           text        NOT NULL,
    place          integer     NOT NULL,
    entrant        bigint      NOT NULL,
    bib            text        NOT NULL,
    -- The prize was taken back.
    back           boolean     NOT NULL,
    at             timestamptz NOT NULL,
    -- Who did it, and whose key it was.
    handed_by      text        NOT NULL,
    actor          text        NOT NULL,
    -- The announcement that the prize was handed over after.
    announcement   integer     NOT NULL,
    CONSTRAINT prize_hand_overs_pkey PRIMARY KEY (event, race, number),
    CONSTRAINT prize_hand_overs_request_unique_in_event UNIQUE (event, request_id),
    CONSTRAINT prize_hand_overs_number_counts_from_one CHECK (number >= 1),
    CONSTRAINT prize_hand_overs_place_counts_from_one CHECK (place >= 1),
    CONSTRAINT prize_hand_overs_announced FOREIGN KEY (event, race, announcement) REFERENCES standings.award_announcements
);

CREATE FUNCTION standings.refuse_change_of_awards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: announced and handed-over prizes are append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
END
$$;

CREATE TRIGGER award_announcements_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.award_announcements
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change_of_awards();

CREATE TRIGGER announced_prizes_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.announced_prizes
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change_of_awards();

CREATE TRIGGER prize_hand_overs_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standings.prize_hand_overs
    FOR EACH STATEMENT EXECUTE FUNCTION standings.refuse_change_of_awards();
