-- Tokens of persons and services for the API: what is kept is the token's hash.
CREATE TABLE api_token (
    token_hash TEXT NOT NULL PRIMARY KEY,
    institution TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX api_token_person ON api_token (institution, person);
