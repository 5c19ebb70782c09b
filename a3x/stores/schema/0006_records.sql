-- Records: what may be trained on. A correction of an experience becomes one; the experience stays as it was.

CREATE TABLE record (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    theme         TEXT    NOT NULL,
    lang          TEXT    NOT NULL,
    origin        TEXT    NOT NULL CHECK (origin IN ('user', 'verified', 'owner_dataset')),
    weight        REAL    NOT NULL CHECK (weight > 0),
    messages      TEXT    NOT NULL, -- JSON
    source_ids    TEXT    NOT NULL, -- JSON: the experiences it comes from
    question_key  TEXT    NOT NULL, -- the same for questions that differ in case, spaces or punctuation only
    source_key    TEXT    NOT NULL, -- the same for the phrasings of one fact
    split         TEXT    CHECK (split IN ('train', 'stop', 'gate')), -- NULL until it is assigned, then for good
    created       REAL    NOT NULL,
    learned_in    TEXT,             -- name of an adapter version
    superseded_by TEXT    REFERENCES record (id)
) STRICT;

CREATE INDEX record_question ON record (theme, question_key) WHERE superseded_by IS NULL;
CREATE INDEX record_source ON record (theme, source_key);
CREATE INDEX record_unlearned ON record (theme) WHERE learned_in IS NULL AND superseded_by IS NULL;
CREATE INDEX record_superseded ON record (superseded_by) WHERE superseded_by IS NOT NULL;

CREATE TRIGGER record_split_is_assigned_once BEFORE UPDATE OF split ON record
WHEN OLD.split IS NOT NULL AND NEW.split IS NOT OLD.split
BEGIN
    SELECT raise(ABORT, 'the split of a record is assigned once');
END;
