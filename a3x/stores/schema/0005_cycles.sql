-- Learning cycles: one row a cycle with the state it is in, one row a step it took.

CREATE TABLE cycle (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    theme       TEXT    NOT NULL,
    base_sha256 TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    state       TEXT    NOT NULL
        CHECK (state IN ('opened', 'curated', 'trained', 'converted', 'judged', 'promoted', 'rejected', 'failed')),
    opened      REAL    NOT NULL,
    changed     REAL    NOT NULL,
    facts       TEXT    NOT NULL -- JSON: what its steps found out, the later over the earlier
) STRICT;

CREATE UNIQUE INDEX cycle_unfinished ON cycle (theme) WHERE state NOT IN ('promoted', 'rejected', 'failed');

CREATE TABLE cycle_step (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    cycle_id   TEXT    NOT NULL REFERENCES cycle (id),
    from_state TEXT    NOT NULL,
    to_state   TEXT    NOT NULL,
    "when"     REAL    NOT NULL,
    reason     TEXT    NOT NULL,
    facts      TEXT    NOT NULL -- JSON: what this step found out
) STRICT;

CREATE INDEX cycle_step_cycle ON cycle_step (cycle_id);
