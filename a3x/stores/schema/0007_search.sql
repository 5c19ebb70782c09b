-- What priority, self-labels and novelty find out about a span, how its tools ended, and the index of its words.
-- NULL means that nobody has looked yet.

ALTER TABLE experience ADD COLUMN exit_code INTEGER;
ALTER TABLE experience ADD COLUMN stderr TEXT NOT NULL DEFAULT '';
ALTER TABLE experience ADD COLUMN priority REAL;
ALTER TABLE experience ADD COLUMN components TEXT NOT NULL DEFAULT '{}'; -- JSON: what the priority is made of
ALTER TABLE experience ADD COLUMN label TEXT CHECK (label IN ('reliable', 'hesitant', 'erroneous'));
ALTER TABLE experience ADD COLUMN cluster INTEGER;

CREATE INDEX experience_priority ON experience (priority);
CREATE INDEX experience_cluster ON experience (cluster) WHERE cluster IS NOT NULL;

-- Question and answer by words. The text itself stays in experience; a deleted row leaves no word behind.
CREATE VIRTUAL TABLE experience_text USING fts5 (
    this, if_ok, content = 'experience', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO experience_text (experience_text, rank) VALUES ('secure-delete', 1);
INSERT INTO experience_text (experience_text) VALUES ('rebuild');

CREATE TRIGGER experience_text_follows_insert AFTER INSERT ON experience BEGIN
    INSERT INTO experience_text (rowid, this, if_ok) VALUES (NEW.seq, NEW.this, NEW.if_ok);
END;

CREATE TRIGGER experience_text_follows_delete AFTER DELETE ON experience BEGIN
    INSERT INTO experience_text (experience_text, rowid, this, if_ok)
    VALUES ('delete', OLD.seq, OLD.this, OLD.if_ok);
END;

CREATE TRIGGER experience_text_follows_update AFTER UPDATE OF this, if_ok ON experience BEGIN
    INSERT INTO experience_text (experience_text, rowid, this, if_ok)
    VALUES ('delete', OLD.seq, OLD.this, OLD.if_ok);
    INSERT INTO experience_text (rowid, this, if_ok) VALUES (NEW.seq, NEW.this, NEW.if_ok);
END;
