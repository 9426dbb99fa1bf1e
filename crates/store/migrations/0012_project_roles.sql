-- Roles in projects: managed policies that a user holds in one project only. Whoever deletes a project deletes its rows
-- here too; the column is no foreign key, since the project's row goes first.
CREATE TABLE project_role (
    principal   TEXT NOT NULL REFERENCES principal (uid) ON DELETE CASCADE,
    project_uid TEXT NOT NULL,
    arn         TEXT NOT NULL,
    given_at    BIGINT NOT NULL,
    PRIMARY KEY (principal, project_uid, arn)
);
CREATE INDEX project_role_project ON project_role (project_uid);
