-- The way to a registry: its other secrets, each sealed. What is no secret is in the spec.
-- The private key of the certificate that we show to it.
ALTER TABLE remote_registry ADD COLUMN client_key BLOB;
-- Of the proxy that it is reached by.
ALTER TABLE remote_registry ADD COLUMN proxy_password BLOB;
