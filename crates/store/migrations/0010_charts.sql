-- Charts of Helm repositories, whose index lists every version of every chart at once.
-- What such a list says of a version beside its digest, as a fingerprint: a new description or address is a change too.
ALTER TABLE remote_tag ADD COLUMN listed TEXT NOT NULL DEFAULT '';

-- The index that the catalogue agrees with, so that an unchanged one costs one request and is not compared again.
CREATE TABLE read_index (
    registry_uid TEXT PRIMARY KEY,
    -- When the registry's settings were last changed: with others the index is another one.
    settings     BIGINT NOT NULL,
    -- Version of the rules it was read by.
    reader       BIGINT NOT NULL,
    -- What the server calls this state of the file (ETag, Last-Modified); '' where it says nothing.
    etag         TEXT NOT NULL,
    modified     TEXT NOT NULL
);

-- Registries of charts that were only kept until now are read; those registered without synchronisation are not.
UPDATE remote_registry SET next_run = 0, next_trigger = 'schedule'
    WHERE next_run IS NULL AND spec LIKE '%"is_sync_supported":true%'
    AND (spec LIKE '%"kind":"helm"%' OR spec LIKE '%"provider_type":"helm"%');
