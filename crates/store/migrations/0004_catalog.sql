-- Registered registries, what is known of their tags, the packs read from them, and the record of each sync.
CREATE TABLE remote_registry (
    uid          TEXT PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    -- JSON of what was sent, without the secret, which is sealed beside it.
    spec         TEXT NOT NULL,
    secret       BLOB,
    -- 1 when the endpoint answered with this installation's instance id.
    is_self      BIGINT NOT NULL,
    status       TEXT NOT NULL,
    message      TEXT NOT NULL,
    -- 1 once a first sync has ended, well or badly: reads no longer wait.
    first_done   BIGINT NOT NULL,
    last_run     BIGINT,
    last_synced  BIGINT,
    -- When the next run is due, and why; NULL for a registry that is not synchronised.
    next_run     BIGINT,
    next_trigger TEXT NOT NULL,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL
);
CREATE INDEX remote_registry_due ON remote_registry (next_run);

-- What was last read (or refused) of a tag. A digest of '' asks for a new reading.
CREATE TABLE remote_tag (
    registry_uid TEXT NOT NULL,
    repository   TEXT NOT NULL,
    tag          TEXT NOT NULL,
    digest       TEXT NOT NULL,
    -- Version of the rules it was read by; packs are read anew when the rules change.
    reader       BIGINT NOT NULL,
    outcome      TEXT NOT NULL,
    reasons      TEXT NOT NULL,
    pack_uid     TEXT,
    seen         BIGINT NOT NULL,
    PRIMARY KEY (registry_uid, repository, tag)
);
CREATE INDEX remote_tag_pack ON remote_tag (pack_uid);

-- One pack version. The row outlives its tag (gone > 0) and its registry: profiles refer to the uid.
CREATE TABLE catalog_pack (
    uid          TEXT PRIMARY KEY,
    registry_uid TEXT NOT NULL,
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    -- The tag it was read from. Of several tags that hold the same name and version the lowest (rank, repository, tag) is it.
    repository   TEXT NOT NULL,
    tag          TEXT NOT NULL,
    rank         BIGINT NOT NULL,
    digest       TEXT NOT NULL,
    gone         BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    rev          BIGINT NOT NULL,
    summary      TEXT NOT NULL,
    search       TEXT NOT NULL,
    detail       TEXT NOT NULL,
    values_text  TEXT NOT NULL,
    readme       TEXT,
    logo_type    TEXT,
    logo         BLOB,
    UNIQUE (registry_uid, name, version)
);
CREATE INDEX catalog_pack_rev ON catalog_pack (rev);

-- Grows with every change of catalog_pack, inside its transaction: readers fetch what is newer than they know.
CREATE TABLE catalog_revision (
    id    BIGINT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO catalog_revision (id, value) VALUES (1, 0);

CREATE TABLE sync_run (
    id           BIGINT PRIMARY KEY,
    registry_uid TEXT NOT NULL,
    cause        TEXT NOT NULL,
    state        TEXT NOT NULL,
    message      TEXT NOT NULL,
    started      BIGINT NOT NULL,
    ended        BIGINT,
    searched     TEXT NOT NULL,
    near_misses  TEXT NOT NULL,
    counts       TEXT NOT NULL
);
CREATE INDEX sync_run_registry ON sync_run (registry_uid, id);

-- Tags of a run that changed or have something to say; plain "unchanged" is only counted.
CREATE TABLE sync_outcome (
    run_id     BIGINT NOT NULL,
    repository TEXT NOT NULL,
    tag        TEXT NOT NULL,
    digest     TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    -- 1 when it is not taken or has warnings.
    problem    BIGINT NOT NULL,
    reasons    TEXT NOT NULL,
    pack_uid   TEXT,
    PRIMARY KEY (run_id, repository, tag)
);
