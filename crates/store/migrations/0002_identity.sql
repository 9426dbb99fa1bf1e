-- Principals (account root, users, roles), their credentials, policies and sessions.

-- One row. Every write to this family increments it first: that serialises the family's writers on both engines, and
-- tells other replicas that what they remember is old.
CREATE TABLE identity_version (
    one     BIGINT PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL
);
INSERT INTO identity_version (one, version) VALUES (1, 1);

CREATE TABLE principal (
    uid           TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('root', 'user', 'role')),
    aws_id        TEXT NOT NULL UNIQUE,
    path          TEXT NOT NULL,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL,
    email         TEXT UNIQUE,
    first_name    TEXT NOT NULL,
    last_name     TEXT NOT NULL,
    description   TEXT NOT NULL,
    disabled      BIGINT NOT NULL,
    login_epoch   BIGINT NOT NULL,
    trust_policy  TEXT,
    max_session_s BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_login_at BIGINT,
    UNIQUE (kind, name_key)
);

CREATE TABLE login_profile (
    principal  TEXT PRIMARY KEY REFERENCES principal (uid) ON DELETE CASCADE,
    hash       TEXT NOT NULL,
    reset      BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE access_key (
    id         TEXT PRIMARY KEY,
    principal  TEXT NOT NULL REFERENCES principal (uid) ON DELETE CASCADE,
    secret     BLOB NOT NULL,
    active     BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX access_key_principal ON access_key (principal);

CREATE TABLE api_key (
    uid         TEXT PRIMARY KEY,
    principal   TEXT NOT NULL REFERENCES principal (uid) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    digest      TEXT NOT NULL UNIQUE,
    active      BIGINT NOT NULL,
    expires_at  BIGINT,
    created_at  BIGINT NOT NULL
);
CREATE INDEX api_key_principal ON api_key (principal);

CREATE TABLE session (
    digest     TEXT PRIMARY KEY,
    principal  TEXT NOT NULL REFERENCES principal (uid) ON DELETE CASCADE,
    epoch      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_principal ON session (principal);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE inline_policy (
    principal TEXT NOT NULL REFERENCES principal (uid) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    document  TEXT NOT NULL,
    PRIMARY KEY (principal, name)
);

CREATE TABLE attached_policy (
    principal   TEXT NOT NULL REFERENCES principal (uid) ON DELETE CASCADE,
    arn         TEXT NOT NULL,
    attached_at BIGINT NOT NULL,
    PRIMARY KEY (principal, arn)
);

CREATE TABLE principal_tag (
    principal TEXT NOT NULL REFERENCES principal (uid) ON DELETE CASCADE,
    tag       TEXT NOT NULL,
    value     TEXT NOT NULL,
    PRIMARY KEY (principal, tag)
);
