-- Statistics that do not know a new event yet say that it has no rows, and then every index that begins with the event looks
-- as good as any other: the server goes through all of an event for each entry that is looked for, until the next statistics.
-- Without statistics of the event it takes the index that holds the most of what is asked.
ALTER TABLE registration.entries ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.members ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.people ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.bibs ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.chips ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.requests ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.payments ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.roster_changes ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.entry_changes ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE registration.changed_people ALTER COLUMN event SET STATISTICS 0;
