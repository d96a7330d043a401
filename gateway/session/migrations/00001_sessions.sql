-- +goose Up
-- A browser's session, before the login and after it. The cookie's value is
-- not here: the key is its SHA-256.
CREATE TABLE session (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,              -- for records; opens nothing
    method TEXT NOT NULL,          -- '', 'card' or 'persona'
    certificate BYTEA,             -- DER, of a card
    persona TEXT NOT NULL,         -- name of a persona
    created_at BIGINT NOT NULL,    -- of the login
    used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL     -- absolute
);
CREATE INDEX session_expiry ON session (expires_at);

-- A challenge waiting for its answer: one for each browser session.
CREATE TABLE login_nonce (
    session_hash BYTEA NOT NULL PRIMARY KEY,
    nonce TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX login_nonce_expiry ON login_nonce (expires_at);

-- +goose Down
DROP TABLE login_nonce;
DROP TABLE session;
