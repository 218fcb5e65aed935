-- The journal: the truth. `bytes` is what is hashed; the other columns are
-- copies for finding entries, and verification compares them.
CREATE TABLE journal (
    institution TEXT NOT NULL,
    seq BIGINT NOT NULL,
    stream TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    bytes TEXT NOT NULL,
    hash {bytes} NOT NULL,
    PRIMARY KEY (institution, seq)
);
CREATE UNIQUE INDEX journal_stream ON journal (institution, stream, version);
CREATE INDEX journal_kind ON journal (institution, kind, seq);

-- Number, hash and seal of each institution's newest entry.
CREATE TABLE head (
    institution TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash {bytes} NOT NULL,
    seal {bytes} NOT NULL
);

-- Personal data, outside the hashed bytes, erasable.
CREATE TABLE sealed (
    institution TEXT NOT NULL,
    subject TEXT NOT NULL,
    field TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (institution, subject, field)
);
CREATE INDEX sealed_text ON sealed (institution, field, text);

-- Evidence in the content-addressed store.
CREATE TABLE file (
    institution TEXT NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    media TEXT NOT NULL,
    size BIGINT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    uploaded_by TEXT NOT NULL,
    PRIMARY KEY (institution, hash)
);

-- Signing in.
CREATE TABLE account (
    institution TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    login TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_secret TEXT,
    totp_last_step BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    locked_until BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    disabled BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    PRIMARY KEY (institution, id)
);
CREATE UNIQUE INDEX account_login ON account (login);
CREATE INDEX account_person ON account (institution, person);

CREATE TABLE session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    institution TEXT NOT NULL,
    account TEXT NOT NULL,
    csrf TEXT NOT NULL,
    second_factor BIGINT NOT NULL DEFAULT 0 CHECK (second_factor IN (0, 1)),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL DEFAULT ''
);
CREATE INDEX session_account ON session (institution, account);

CREATE TABLE invite (
    token_hash TEXT NOT NULL PRIMARY KEY,
    institution TEXT NOT NULL,
    person TEXT NOT NULL,
    purpose TEXT NOT NULL,
    login TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

-- What somebody is writing, before it becomes a command.
CREATE TABLE draft (
    institution TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (institution, id)
);
CREATE INDEX draft_person ON draft (institution, person, kind);

CREATE TABLE saved_view (
    institution TEXT NOT NULL,
    person TEXT NOT NULL,
    list TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    PRIMARY KEY (institution, person, list, name)
);

-- Corrected column mappings of imports, by the fingerprint of a sheet's head.
CREATE TABLE import_mapping (
    institution TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    mapping TEXT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (institution, fingerprint)
);
