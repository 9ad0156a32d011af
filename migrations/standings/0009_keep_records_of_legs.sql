-- leg is that of a relay, from 1, distance_mm being the leg's own; 0: a record of the whole course, as all were before.
ALTER TABLE standings.course_records
    ADD COLUMN leg integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT course_records_leg_not_negative CHECK (leg >= 0),
    DROP CONSTRAINT course_records_entered_once,
    ADD CONSTRAINT course_records_entered_once
        UNIQUE (course, leg, distance_mm, sex, time_us, holder, country, year, set_in, reason);
