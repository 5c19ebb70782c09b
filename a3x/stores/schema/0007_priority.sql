-- What is derived from experiences: how much each can teach, the map of what is asked about, and how far labels can be
-- trusted. All of it can be computed anew from experience, feedback and the vectors.

CREATE TABLE priorities (
    span_id    TEXT    PRIMARY KEY REFERENCES experience (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    theme      TEXT    NOT NULL,
    priority   REAL    NOT NULL,
    components TEXT    NOT NULL, -- JSON: the terms of the formula, with figures and without user text
    label      TEXT    NOT NULL CHECK (label IN ('reliable', 'hesitant', 'erroneous')),
    basis      TEXT    NOT NULL CHECK (basis IN ('known', 'calibrated', 'uncalibrated')),
    p_right    REAL    NOT NULL,
    doubt      REAL    NOT NULL,
    outcome    INTEGER CHECK (outcome IN (0, 1)), -- NULL: nobody knows whether the answer was right
    corrected  INTEGER NOT NULL,
    reaction   TEXT    NOT NULL, -- what the user did next; '' while nothing came
    similarity REAL    NOT NULL,
    cluster    INTEGER,          -- NULL until it is embedded
    part       INTEGER NOT NULL,
    distance   REAL    NOT NULL, -- to the centroid, 1 - cosine
    evicted    REAL,             -- when it left the window; NULL: in it
    computed   REAL    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX priorities_window ON priorities (theme, evicted, priority);
CREATE INDEX priorities_seq ON priorities (seq);
CREATE INDEX priorities_cluster ON priorities (cluster);
CREATE INDEX priorities_outcome ON priorities (outcome) WHERE outcome IS NOT NULL;

CREATE TABLE cluster (
    id              INTEGER PRIMARY KEY,
    embedder_sha256 TEXT    NOT NULL,
    size            INTEGER NOT NULL,
    spread          REAL    NOT NULL, -- mean distance of its members to the centroid
    first_seen      REAL    NOT NULL,
    last_seen       REAL    NOT NULL,
    anchored        REAL    NOT NULL, -- when the period began
    part_sizes      TEXT    NOT NULL, -- JSON
    centroid        BLOB    NOT NULL, -- float32, little endian, length 1; so are the others
    parts           BLOB    NOT NULL, -- one or two centroids of its parts
    anchor          BLOB    NOT NULL  -- the centroid when the period began
) STRICT;

CREATE TABLE cluster_period (
    cluster INTEGER NOT NULL,
    since   REAL    NOT NULL,
    until   REAL    NOT NULL,
    size    INTEGER NOT NULL,
    drift   REAL    NOT NULL,
    PRIMARY KEY (cluster, since)
) STRICT, WITHOUT ROWID;

CREATE TABLE calibration (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    "when" REAL    NOT NULL,
    n      INTEGER NOT NULL,
    body   TEXT    NOT NULL -- JSON: parameters, errors, reliability table
) STRICT;
