-- +goose Up

-- What a client's idempotency keys made.
CREATE TABLE kyc_retry (
    key    BYTEA NOT NULL PRIMARY KEY, -- SHA-256 of client, kind and key
    asked  BYTEA NOT NULL,             -- SHA-256 of what was asked for
    object TEXT  NOT NULL              -- identifier of what was made
);

-- +goose Down
DROP TABLE kyc_retry;
