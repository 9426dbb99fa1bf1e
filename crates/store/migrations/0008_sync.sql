-- What is decided about a registry's syncs beside its spec, which clients of /v1 write as a whole.
-- Seconds between syncs: NULL is the server's setting, 0 is never by itself.
ALTER TABLE remote_registry ADD COLUMN sync_interval BIGINT;
-- When each tag was last asked whether it still has the digest that is known.
ALTER TABLE remote_registry ADD COLUMN rechecked BIGINT NOT NULL DEFAULT 0;
-- Syncs that failed since the last good one: the wait for the next one grows with them.
ALTER TABLE remote_registry ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
-- SHA-256 of the secret that the registry's notifications carry; NULL takes none.
ALTER TABLE remote_registry ADD COLUMN hook_hash TEXT;
ALTER TABLE remote_registry ADD COLUMN hook_made BIGINT;
ALTER TABLE remote_registry ADD COLUMN hook_used BIGINT;
-- What the tag held before, where this run found other content; else ''.
ALTER TABLE sync_outcome ADD COLUMN digest_before TEXT NOT NULL DEFAULT '';
