-- What of a profile's variables is secret (the default values of masked ones), sealed. It is taken out of `variables`, by
-- the server when it starts for what was there before: SQL has no key.
ALTER TABLE profile ADD COLUMN secrets BLOB;
ALTER TABLE profile_state ADD COLUMN secrets BLOB;
