-- What a call of the API under a key was answered, for calls that leave nothing in
-- the journal under that key: the same call is answered so again. What is secret in
-- an answer is not kept; it is made again from the caller's token.
CREATE TABLE api_answer (
    institution TEXT NOT NULL,
    person TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    body TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (institution, person, key)
);
CREATE INDEX api_answer_age ON api_answer (at_ms);
