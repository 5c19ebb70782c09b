-- What the user stated, in chat or as a correction, as it is recalled: a newer statement about the same thing replaces the
-- older, which stays for history. Words and vectors are those of the experience it was said in, and go with it.

CREATE TABLE fact (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    seq           INTEGER NOT NULL REFERENCES experience (seq) ON DELETE CASCADE,
    text          TEXT    NOT NULL,
    about         TEXT    NOT NULL, -- the side of the statement that says of what; the question of a correction
    about_key     TEXT    NOT NULL, -- the same for statements about the same thing; '' for what cannot be told apart
    value         TEXT    NOT NULL,
    created       REAL    NOT NULL,
    record_id     TEXT    REFERENCES record (id) ON DELETE CASCADE,     -- of a correction
    superseded_by INTEGER REFERENCES fact (number) ON DELETE CASCADE    -- forgetting the newer forgets the older too
) STRICT;

CREATE INDEX fact_live ON fact (about_key) WHERE superseded_by IS NULL;
CREATE INDEX fact_seq ON fact (seq);
CREATE INDEX fact_superseded ON fact (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE INDEX fact_record ON fact (record_id) WHERE record_id IS NOT NULL;
