-- ran_by is the leg that the runner of a leg is registered for where the members' chips say that it is another one; 0 where
-- it was run as registered, as far as chips tell.
ALTER TABLE standings.legs ADD COLUMN ran_by integer NOT NULL DEFAULT 0;
