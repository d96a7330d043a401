-- +goose Up
-- The message log: one row per signed message or refusal, inserted once and
-- never changed.
CREATE TABLE xroad_message (
    side        TEXT   NOT NULL, -- consumer, provider
    request_id  TEXT   NOT NULL, -- x-road-request-id, the same on both sides
    part        TEXT   NOT NULL, -- request, response, fault
    message_id  TEXT   NOT NULL, -- x-road-id, as the consumer's system gave it
    client      TEXT   NOT NULL,
    service     TEXT   NOT NULL,
    logged_at   BIGINT NOT NULL, -- Unix microseconds
    message     BYTEA,           -- signed bytes; null for a refusal
    body_digest BYTEA,           -- SHA-512 of the body; null when there is none
    body_size   BIGINT NOT NULL,
    signed_at   BIGINT NOT NULL, -- Unix seconds, as signed
    signature   BYTEA,           -- r and s of ECDSA P-256
    signer      TEXT   NOT NULL, -- SHA-256 of the certificate, hexadecimal
    fault_code  TEXT   NOT NULL,
    fault_text  TEXT   NOT NULL,
    PRIMARY KEY (side, request_id, part)
);
CREATE INDEX xroad_message_id ON xroad_message (message_id);
CREATE INDEX xroad_message_time ON xroad_message (logged_at);

-- Certificates that signed logged messages, with their issuers: evidence must
-- not depend on an instance file that changes.
CREATE TABLE xroad_certificate (
    fingerprint TEXT  NOT NULL PRIMARY KEY,
    chain       BYTEA NOT NULL -- DER certificates, one after the other
);

-- +goose Down
DROP TABLE xroad_message;
DROP TABLE xroad_certificate;
