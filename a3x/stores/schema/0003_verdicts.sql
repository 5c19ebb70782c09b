-- The gate's decisions, never changed and never deleted: ids, keyed hashes and numbers, no user text.
-- verdict_record holds the keyed hashes of the records a verdict was tried on, so that alpha is spent over all tries.

CREATE TABLE verdict (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT    NOT NULL UNIQUE,
    cycle    TEXT    NOT NULL,
    theme    TEXT    NOT NULL,
    decision TEXT    NOT NULL CHECK (decision IN ('promote', 'reject')),
    "when"   REAL    NOT NULL,
    body     TEXT    NOT NULL -- JSON
) STRICT;

CREATE INDEX verdict_theme ON verdict (theme);
CREATE INDEX verdict_cycle ON verdict (cycle);

CREATE TABLE verdict_record (
    record TEXT    NOT NULL,
    number INTEGER NOT NULL REFERENCES verdict (number),
    PRIMARY KEY (record, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER verdict_stays BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'a verdict never changes'); END;
CREATE TRIGGER verdict_is_kept BEFORE DELETE ON verdict BEGIN SELECT RAISE(ABORT, 'a verdict is kept'); END;
