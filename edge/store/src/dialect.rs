//! Everything in which the two engines differ.

use crate::db::Engine;

/// The type of a column of bytes.
pub fn bytes(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "BLOB",
        Engine::Postgres => "BYTEA",
    }
}

/// What makes a row stay locked until the end of the transaction.
pub fn for_update(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "",
        Engine::Postgres => " FOR UPDATE",
    }
}

/// Begins a transaction that sees one moment of the data. It may be silent for long,
/// while files are read.
pub fn snapshot(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "BEGIN",
        Engine::Postgres => {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0"
        }
    }
}

/// Begins the writer's transaction.
pub fn begin(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN",
    }
}

/// Names of the guards that refuse changes, for verification.
pub const GUARDS: &[&str] = &[
    "journal_no_update",
    "journal_no_delete",
    "journal_next_only",
    "posting_no_update",
    "posting_no_delete",
];

/// Guards on the journal: no UPDATE, no DELETE, and only the next number may be
/// inserted, which also refuses REPLACE.
pub fn journal_guards(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => "\
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_next_only BEFORE INSERT ON journal
WHEN NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM journal WHERE institution = NEW.institution), 0)
BEGIN SELECT RAISE(ABORT, 'only the next entry may be appended to the journal'); END;"
            .to_owned(),
        Engine::Postgres => "\
CREATE FUNCTION dukou_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE FUNCTION dukou_next_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM journal WHERE institution = NEW.institution), 0) THEN
RAISE EXCEPTION 'only the next entry may be appended to the journal'; END IF; RETURN NEW; END $$;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal FOR EACH ROW EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER journal_next_only BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION dukou_next_only();"
            .to_owned(),
    }
}

/// Guards on the books. They are dropped with their table when it is made anew.
pub fn posting_guards(engine: Engine) -> String {
    match engine {
        Engine::Sqlite => "\
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
CREATE TRIGGER posting_no_replace BEFORE INSERT ON posting
WHEN EXISTS (SELECT 1 FROM posting WHERE institution = NEW.institution AND seq = NEW.seq AND line = NEW.line)
BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;"
            .to_owned(),
        Engine::Postgres => "\
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting FOR EACH ROW EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting FOR EACH ROW EXECUTE FUNCTION dukou_append_only();
CREATE TRIGGER posting_no_truncate BEFORE TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION dukou_append_only();"
            .to_owned(),
    }
}

/// Lists the names of the guards that stand.
pub fn list_guards(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        Engine::Postgres => {
            "SELECT CAST(tgname AS TEXT) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        }
    }
}

/// Tells whether a table exists.
pub fn table_exists(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1",
        Engine::Postgres => {
            "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1"
        }
    }
}
