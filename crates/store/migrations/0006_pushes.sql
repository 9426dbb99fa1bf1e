-- How often a run began to read a repository of this server because of pushes. A run over the whole registry, whose
-- list is older than such a beginning, leaves the repository alone.
CREATE TABLE pushed_repository (
    registry_uid TEXT NOT NULL,
    repository   TEXT NOT NULL,
    runs         BIGINT NOT NULL,
    PRIMARY KEY (registry_uid, repository)
);
