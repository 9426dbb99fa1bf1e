-- User macros: of the tenant (project_uid is empty) and of projects. A value may be a secret, so all rest sealed.
CREATE TABLE user_macro (
    project_uid TEXT NOT NULL,
    name        TEXT NOT NULL,
    value       BLOB NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (project_uid, name)
);
