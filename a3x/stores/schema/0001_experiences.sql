-- One row per interaction (a span) and the user's words on it. What is searched has a column; the rest is JSON.
-- Times are seconds since the Unix epoch. seq is the order of commitment and is never given twice.

CREATE TABLE experience (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    who          TEXT    NOT NULL,
    did          TEXT    NOT NULL,
    this         TEXT    NOT NULL,
    "when"       REAL    NOT NULL,
    status       TEXT    NOT NULL CHECK (status IN ('pending', 'completed', 'failed')),
    if_ok        TEXT    NOT NULL,
    if_not       TEXT    NOT NULL,
    session      TEXT    NOT NULL,
    parent       TEXT,
    theme        TEXT    NOT NULL,
    lang         TEXT    NOT NULL,
    origin       TEXT    NOT NULL
        CHECK (origin IN ('user', 'verified', 'owner_dataset', 'generated', 'tool', 'file', 'web')),
    made_by      TEXT    NOT NULL CHECK (made_by IN ('engine', 'trajectory')),
    model_sha256 TEXT    NOT NULL,
    schema       INTEGER NOT NULL,
    messages     TEXT    NOT NULL, -- JSON from here on
    mix          TEXT    NOT NULL,
    uncertainty  TEXT    NOT NULL,
    tools        TEXT    NOT NULL,
    context      TEXT    NOT NULL,
    metadata     TEXT    NOT NULL,
    extra        TEXT    NOT NULL
) STRICT;

CREATE INDEX experience_theme ON experience (theme);
CREATE INDEX experience_when ON experience ("when");
CREATE INDEX experience_status ON experience (status);
CREATE INDEX experience_session ON experience (session);

CREATE TABLE feedback (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    experience_id TEXT    NOT NULL REFERENCES experience (id),
    rating        INTEGER NOT NULL CHECK (rating IN (-1, 0, 1)),
    correction    TEXT,
    "when"        REAL    NOT NULL
) STRICT;

CREATE INDEX feedback_experience ON feedback (experience_id);
