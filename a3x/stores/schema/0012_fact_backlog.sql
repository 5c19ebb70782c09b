-- What was recorded before facts were kept (0011) is read for facts once, in the background, in the order of commitment.
-- One row while some of it is left, none after.

CREATE TABLE fact_backlog (
    until   INTEGER PRIMARY KEY,  -- seq of the last experience there was when this table was made
    through INTEGER NOT NULL,     -- seq of the last one that was read
    latest  REAL    NOT NULL      -- the latest time of those that were read and had been recorded here
) STRICT;

INSERT INTO fact_backlog SELECT max(seq), 0, 0.0 FROM experience HAVING count(*) > 0;
