-- A secret of an institution, wrapped under a key that follows from keys/seal.key.
CREATE TABLE institution_secret (
    institution TEXT NOT NULL,
    id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    wrapped TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (institution, id)
);
