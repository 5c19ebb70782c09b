-- Which adapter version serves, which were withdrawn, and the ledger of everything that happened to them.
-- The ledger only grows: its rows are never changed or removed, each carries the hash of the one before it.

CREATE UNIQUE INDEX adapter_of_base ON adapter (theme, version, base_sha256);

CREATE TABLE adapter_active (
    base_sha256 TEXT    NOT NULL,
    theme       TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    since       REAL    NOT NULL,
    PRIMARY KEY (base_sha256, theme), -- one version a theme
    FOREIGN KEY (theme, version, base_sha256) REFERENCES adapter (theme, version, base_sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE adapter_tombstone (
    theme   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    "when"  REAL    NOT NULL,
    PRIMARY KEY (theme, version),
    FOREIGN KEY (theme, version) REFERENCES adapter (theme, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
    seq           INTEGER PRIMARY KEY,
    "when"        REAL    NOT NULL,
    event         TEXT    NOT NULL,
    theme         TEXT    NOT NULL,
    version       INTEGER,          -- NULL: the base
    sha256        TEXT,             -- of the version's weights
    base_sha256   TEXT    NOT NULL,
    cycle         TEXT,
    reason        TEXT    NOT NULL,
    numbers       TEXT    NOT NULL, -- JSON
    previous_hash TEXT    NOT NULL,
    hash          TEXT    NOT NULL
) STRICT;

CREATE INDEX ledger_theme ON ledger (theme, base_sha256);

-- Where the ledger ends, so that a ledger cut short is noticed.
CREATE TABLE ledger_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash TEXT    NOT NULL
) STRICT;

INSERT INTO ledger_head VALUES (1, 0, '');

CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN
    SELECT raise(ABORT, 'the ledger only grows: its rows are never changed');
END;

CREATE TRIGGER ledger_is_never_cut BEFORE DELETE ON ledger
BEGIN
    SELECT raise(ABORT, 'the ledger only grows: its rows are never removed');
END;

-- Also what keeps INSERT OR REPLACE, which fires no DELETE trigger, from changing a row.
CREATE TRIGGER ledger_grows_at_its_end BEFORE INSERT ON ledger
WHEN NOT EXISTS (SELECT 1 FROM ledger_head WHERE seq = NEW.seq - 1 AND hash = NEW.previous_hash)
BEGIN
    SELECT raise(ABORT, 'the ledger only grows at its end');
END;

CREATE TRIGGER ledger_head_follows AFTER INSERT ON ledger
BEGIN
    UPDATE ledger_head SET seq = NEW.seq, hash = NEW.hash;
END;
