-- Vectors beside the spans they are of: float32, little-endian, of length 1. They are the truth; the index file is not.

CREATE TABLE vector (
    number          INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: an index file names vectors by it
    seq             INTEGER NOT NULL REFERENCES experience (seq) ON DELETE CASCADE,
    part            TEXT    NOT NULL CHECK (part IN ('query', 'response', 'combined')),
    embedder_sha256 TEXT    NOT NULL,
    text_sha256     TEXT    NOT NULL,
    floats          BLOB    NOT NULL CHECK (length(floats) > 0 AND length(floats) % 4 = 0),
    UNIQUE (seq, part, embedder_sha256)
) STRICT;

CREATE INDEX vector_space ON vector (embedder_sha256, part, number);
CREATE INDEX vector_of_text ON vector (embedder_sha256, text_sha256);

-- The index file over the vectors of one embedder and part. No row: there is none that may be used.
CREATE TABLE vector_index (
    embedder_sha256 TEXT    NOT NULL,
    part            TEXT    NOT NULL,
    file            TEXT    NOT NULL, -- name inside index/
    sha256          TEXT    NOT NULL,
    vectors         INTEGER NOT NULL,
    through         INTEGER NOT NULL, -- the last vector number in it
    built           REAL    NOT NULL,
    PRIMARY KEY (embedder_sha256, part)
) STRICT, WITHOUT ROWID;

-- An index file that holds a deleted vector is void: what was forgotten must not live on in it.
CREATE TRIGGER vector_index_forgets AFTER DELETE ON vector BEGIN
    DELETE FROM vector_index
    WHERE embedder_sha256 = OLD.embedder_sha256 AND part = OLD.part AND through >= OLD.number;
END;
