-- Repositories, blobs, manifests, tags.
--
-- Content is stored once for all repositories (`blob`), and is visible in a repository only through a row of
-- `repository_blob`. The foreign keys are what makes the collector safe: a manifest that refers to a blob, and a blob
-- that a repository shows, cannot be deleted under it on either engine, however transactions interleave.
CREATE TABLE repository (
    id           BIGINT PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    created_by   TEXT NOT NULL,
    mutability   TEXT NOT NULL,
    -- JSON: the wildcard filters of the two *_WITH_EXCLUSION kinds of mutability.
    exclusions   TEXT NOT NULL,
    scan_on_push BIGINT NOT NULL,
    -- JSON, as the ECR API writes it.
    encryption   TEXT NOT NULL,
    -- JSON: [[key, value], ...]
    tags         TEXT NOT NULL,
    -- The resource policy exactly as it was set.
    policy       TEXT
);

-- Where the bytes of a digest are: in the row (small ones), or in the object with this random key.
CREATE TABLE blob (
    digest     TEXT PRIMARY KEY,
    size       BIGINT NOT NULL,
    object     TEXT,
    content    BLOB,
    created_at BIGINT NOT NULL,
    -- 1 when a read found the object missing or short: the next push of the digest replaces it.
    damaged    BIGINT NOT NULL
);
CREATE UNIQUE INDEX blob_object ON blob (object);

CREATE TABLE repository_blob (
    repository BIGINT NOT NULL REFERENCES repository (id),
    digest     TEXT NOT NULL REFERENCES blob (digest),
    -- When it was last pushed, asked for or left behind by a deleted manifest: the collector spares young ones.
    fresh_at   BIGINT NOT NULL,
    PRIMARY KEY (repository, digest)
);
CREATE INDEX repository_blob_digest ON repository_blob (digest);
CREATE INDEX repository_blob_fresh ON repository_blob (fresh_at);

CREATE TABLE manifest (
    repository    BIGINT NOT NULL REFERENCES repository (id),
    digest        TEXT NOT NULL,
    media_type    TEXT NOT NULL,
    artifact_type TEXT,
    subject       TEXT,
    -- The descriptor that referrers list, JSON; only with a subject.
    descriptor    TEXT,
    size          BIGINT NOT NULL,
    -- What describe-images calls the image size: the sum of the layers, or the largest child of an index.
    image_size    BIGINT NOT NULL,
    content       BLOB NOT NULL,
    pushed_at     BIGINT NOT NULL,
    pushed_by     TEXT NOT NULL,
    pulled_at     BIGINT,
    PRIMARY KEY (repository, digest)
);
CREATE INDEX manifest_subject ON manifest (repository, subject, digest);

CREATE TABLE manifest_blob (
    repository BIGINT NOT NULL,
    manifest   TEXT NOT NULL,
    digest     TEXT NOT NULL,
    PRIMARY KEY (repository, manifest, digest),
    FOREIGN KEY (repository, manifest) REFERENCES manifest (repository, digest),
    FOREIGN KEY (repository, digest) REFERENCES repository_blob (repository, digest)
);
CREATE INDEX manifest_blob_digest ON manifest_blob (repository, digest);

CREATE TABLE manifest_child (
    repository BIGINT NOT NULL,
    manifest   TEXT NOT NULL,
    child      TEXT NOT NULL,
    PRIMARY KEY (repository, manifest, child),
    FOREIGN KEY (repository, manifest) REFERENCES manifest (repository, digest)
);
CREATE INDEX manifest_child_child ON manifest_child (repository, child);

CREATE TABLE tag (
    repository BIGINT NOT NULL,
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (repository, name),
    FOREIGN KEY (repository, digest) REFERENCES manifest (repository, digest)
);
CREATE INDEX tag_digest ON tag (repository, digest);
