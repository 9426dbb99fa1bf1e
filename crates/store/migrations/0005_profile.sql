-- Projects, and cluster profiles. A profile row is one version; versions are grouped by (scope, project, name).
CREATE TABLE project (
    uid         TEXT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    labels      TEXT NOT NULL,
    is_default  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- A template (its packs in order, values as typed, manifests) is always read and written whole, so it is one JSON
-- document; `published` is NULL until the first publish, `draft` is NULL while it equals what is published.
CREATE TABLE profile (
    uid         TEXT PRIMARY KEY,
    scope       TEXT NOT NULL CHECK (scope IN ('system', 'tenant', 'project')),
    project_uid TEXT NOT NULL,
    name        TEXT NOT NULL,
    version     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    cloud       TEXT NOT NULL,
    description TEXT NOT NULL,
    labels      TEXT NOT NULL,
    annotations TEXT NOT NULL,
    variables   TEXT NOT NULL,
    draft       TEXT,
    published   TEXT,
    revision    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    UNIQUE (scope, project_uid, name, version)
);
CREATE INDEX profile_name ON profile (name, version);

-- Which packs a living profile stands on, drafts included: for "used by" and for warnings before a deletion.
CREATE TABLE profile_pack (
    profile_uid  TEXT NOT NULL REFERENCES profile (uid) ON DELETE CASCADE,
    position     BIGINT NOT NULL,
    pack_uid     TEXT NOT NULL,
    registry_uid TEXT NOT NULL,
    pack_name    TEXT NOT NULL,
    PRIMARY KEY (profile_uid, position)
);
CREATE INDEX profile_pack_pack ON profile_pack (pack_uid);
CREATE INDEX profile_pack_registry ON profile_pack (registry_uid);
