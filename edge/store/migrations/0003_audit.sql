-- 审计日志: who saw and did what. What was done is also in the journal; what was
-- only looked at is here alone. Rows are removed when they are older than the
-- installation keeps them.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    institution TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    person TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    action TEXT NOT NULL DEFAULT '',
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    via TEXT NOT NULL,
    address TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_order ON audit (institution, id);
CREATE INDEX audit_person ON audit (institution, person, id);
CREATE INDEX audit_path ON audit (institution, path, id);
CREATE INDEX audit_age ON audit (at_ms);
