-- What was forgotten. The rows are gone with the same transaction; what a job still has to do is delete the files named
-- here and write the database anew. Ids, hashes and numbers, never what was forgotten.

CREATE TABLE forget_job (
    id     TEXT PRIMARY KEY,
    "when" REAL NOT NULL,
    done   REAL,          -- NULL while files may be left
    cycles TEXT NOT NULL, -- JSON: ids of the cycles whose run folders go
    mixes  TEXT NOT NULL, -- JSON: keys of the mixes whose remembered answers go
    counts TEXT NOT NULL  -- JSON: how many rows of what
) STRICT, WITHOUT ROWID;
