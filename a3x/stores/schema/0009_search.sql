-- How a span's tools ended, and the index of its words.

ALTER TABLE experience ADD COLUMN exit_code INTEGER;
ALTER TABLE experience ADD COLUMN stderr TEXT NOT NULL DEFAULT '';

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
