-- What was published of one entrant is asked for with each certificate.
CREATE INDEX official_rows_of_bib ON standings.official_rows (event, race, bib);
