-- The contract between the schemas, for whoever decides by an event: it read the event before its transaction began, holds
-- what a newer version would have to hold too (the places of races in registration), and asks here whether the version is
-- still the newest. Volatile, so that it sees what was committed while the calling statement waited for a lock. 0 means that
-- there is no such event.
CREATE FUNCTION event.version_of(p_event text) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN coalesce((SELECT version FROM event.events WHERE id = p_event), 0);
END
$$;
