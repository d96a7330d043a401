-- +goose Up
CREATE TABLE signing_requests (
    id          TEXT   PRIMARY KEY,
    owner       BYTEA  NOT NULL,          -- SHA-256 of who owns it
    retry_key   BYTEA  UNIQUE,            -- SHA-256 of owner and idempotency key
    asked       BYTEA  NOT NULL,          -- SHA-256 of what was asked to be created
    format      TEXT   NOT NULL,
    mode        TEXT   NOT NULL,
    state       TEXT   NOT NULL,          -- signing.State, or 'expired', 'deleted'
    created     BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    certificate BYTEA,                    -- DER, fixed by prepare
    prepared    BYTEA,                    -- state of sign/pades or sign/asic
    prepared_at BIGINT,
    digest      BYTEA,                    -- what the card signs
    hash        TEXT,
    value       BYTEA,                    -- what the card gave
    result      BYTEA,                    -- end of a PDF, or signature file of a container
    result_blob TEXT,                     -- a whole container
    result_size BIGINT,
    proven      BIGINT                    -- time of the time-stamp
);
CREATE INDEX signing_requests_expires ON signing_requests (expires);
CREATE INDEX signing_requests_owner ON signing_requests (owner);

CREATE TABLE signing_files (
    request    TEXT   NOT NULL REFERENCES signing_requests (id),
    number     BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    media_type TEXT   NOT NULL,
    size       BIGINT NOT NULL,
    declared   BYTEA,                     -- SHA-256 that was announced
    sha256     BYTEA,                     -- SHA-256 of what is signed
    blob       TEXT,                      -- when it is here and whole
    PRIMARY KEY (request, number)
);

CREATE TABLE signing_blobs (
    id      TEXT   PRIMARY KEY,
    request TEXT   NOT NULL REFERENCES signing_requests (id),
    purpose TEXT   NOT NULL,              -- number of the file, or 'result'
    whole   BOOLEAN NOT NULL
);
CREATE INDEX signing_blobs_request ON signing_blobs (request);

CREATE TABLE signing_chunks (
    blob   TEXT   NOT NULL,
    number BIGINT NOT NULL,
    data   BYTEA  NOT NULL,
    PRIMARY KEY (blob, number)
);

-- +goose Down
DROP TABLE signing_chunks;
DROP TABLE signing_blobs;
DROP TABLE signing_files;
DROP TABLE signing_requests;
