-- 推送订阅 (webhooks): another system hears of every entry, in order. The outbox is
-- the journal itself; `seq` is how far a hook has come, so a crash loses nothing.
CREATE TABLE hook (
    institution TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    kinds TEXT NOT NULL DEFAULT '',
    secret TEXT NOT NULL,
    enabled BIGINT NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    seq BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL DEFAULT 0,
    sent_at BIGINT NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (institution, id)
);

-- Entries that a hook gave up on, until somebody sends them again or lets them go.
CREATE TABLE hook_letter (
    institution TEXT NOT NULL,
    hook TEXT NOT NULL,
    seq BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    error TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (institution, hook, seq)
);
