-- Adapter versions. The weights and the manifest are files; a row says that the version is whole.
-- A number is taken before the first file of its version is written and is never given again, used or not.

CREATE TABLE adapter_number (
    theme TEXT    PRIMARY KEY,
    last  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE adapter (
    theme       TEXT    NOT NULL,
    version     INTEGER NOT NULL CHECK (version > 0),
    sha256      TEXT    NOT NULL,
    base_sha256 TEXT    NOT NULL,
    created     REAL    NOT NULL,
    PRIMARY KEY (theme, version),
    UNIQUE (theme, sha256)
) STRICT, WITHOUT ROWID;
