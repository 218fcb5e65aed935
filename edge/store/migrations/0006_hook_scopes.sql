-- What the token that made a webhook was narrowed to; nothing for one made in a browser,
-- and for those that were there before.
ALTER TABLE hook ADD COLUMN scopes TEXT;
