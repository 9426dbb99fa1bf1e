-- What a profile version was each time it was saved. `template` is what an editor showed then: the draft, or what is
-- published where there was none (`is_published`). The newest state equals the profile's row.
CREATE TABLE profile_state (
    id           BIGINT PRIMARY KEY,
    profile_uid  TEXT NOT NULL REFERENCES profile (uid) ON DELETE CASCADE,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    action       TEXT NOT NULL,
    name         TEXT NOT NULL,
    version      TEXT NOT NULL,
    description  TEXT NOT NULL,
    labels       TEXT NOT NULL,
    variables    TEXT NOT NULL,
    template     TEXT NOT NULL,
    is_published BIGINT NOT NULL
);
CREATE INDEX profile_state_profile ON profile_state (profile_uid, id);

-- Profiles that were there before their history: it begins with what they are now, saved by nobody known.
INSERT INTO profile_state (id, profile_uid, at, actor, action, name, version, description, labels, variables, template,
    is_published)
    SELECT updated_at * 1048576 + ROW_NUMBER() OVER (ORDER BY uid), uid, updated_at, '', '', name, version, description,
        labels, variables, COALESCE(draft, published, '{"packs":[]}'), CASE WHEN draft IS NULL THEN 1 ELSE 0 END
    FROM profile;

-- The audit log is looked at by who and what, too.
CREATE INDEX audit_actor ON audit (actor);
CREATE INDEX audit_action ON audit (action);
