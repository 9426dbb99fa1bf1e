-- When a session was last used (NULL: not since it began), and when a password was set (NULL: before this column was there,
-- until a server that knows it starts). Older servers write neither.
ALTER TABLE session ADD COLUMN used_at BIGINT;
ALTER TABLE login_profile ADD COLUMN set_at BIGINT;
