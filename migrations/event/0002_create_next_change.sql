-- The contract between the schemas: whoever writes a fact of an event other than reads (a version here, a roster line in
-- registration, a gun or a ruling in timing) calls this function in the transaction of that fact and stores the number
-- with it. The event's row stays locked until that transaction ends, so numbers commit in their order and without gaps;
-- call it last, so that the lock is short. It tells the scorer through the channel raceday_changes, whose payload is the
-- event. NULL means that there is no such event: the caller must undo its transaction.
CREATE FUNCTION event.next_change(p_event text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_change bigint;
BEGIN
    UPDATE event.events
    SET change = change + 1
    WHERE id = p_event
    RETURNING change INTO v_change;
    IF FOUND THEN
        PERFORM pg_notify('raceday_changes', p_event);
    END IF;
    RETURN v_change;
END
$$;
