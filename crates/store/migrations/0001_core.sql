-- What every family shares: facts about this installation, the audit log, the outbox, leases.
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE audit (
    id     BIGINT PRIMARY KEY,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);

CREATE TABLE outbox (
    id     BIGINT PRIMARY KEY,
    at     BIGINT NOT NULL,
    topic  TEXT NOT NULL,
    object TEXT NOT NULL
);

-- A lease is held by one process at a time; `fence` grows with every change of holder, so that a holder that slept
-- past its lease is refused inside the transaction it wants to write in.
CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    fence  BIGINT NOT NULL,
    until  BIGINT NOT NULL
);
