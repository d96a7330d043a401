-- +goose Up

-- Who calls the API.
CREATE TABLE kyc_client (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL, -- shown to persons
    created    BIGINT NOT NULL, -- microseconds, as all times
    return_url TEXT   NOT NULL  -- origins persons may be sent back to, space between
);
CREATE TABLE kyc_key (
    id      TEXT   NOT NULL PRIMARY KEY,
    client  TEXT   NOT NULL REFERENCES kyc_client (id),
    hash    BYTEA  NOT NULL UNIQUE, -- SHA-256 of the key, which is not kept
    created BIGINT NOT NULL,
    revoked BIGINT NOT NULL         -- 0 while it is good
);

-- One verification of one person for one client.
CREATE TABLE kyc_session (
    id         TEXT   NOT NULL PRIMARY KEY,
    client     TEXT   NOT NULL REFERENCES kyc_client (id),
    link       BYTEA  NOT NULL UNIQUE, -- SHA-256 of what the page's address holds
    browser    TEXT   NOT NULL,        -- the browser that opened it, or ''
    status     TEXT   NOT NULL,
    error      TEXT   NOT NULL,        -- why it failed, or ''
    purpose    TEXT   NOT NULL,
    claims     TEXT   NOT NULL,        -- requested, JSON
    granted    TEXT   NOT NULL,        -- of these, JSON
    minimum    TEXT   NOT NULL,        -- level of assurance asked for, or ''
    return_url TEXT   NOT NULL,
    reference  TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT NOT NULL,
    verified   BIGINT NOT NULL,
    person     BYTEA  NOT NULL         -- what was verified, JSON; empty before
);
CREATE INDEX kyc_session_client ON kyc_session (client, created, id);

-- Attestations that were issued. Their text is not kept.
CREATE TABLE kyc_attestation (
    id      TEXT   NOT NULL PRIMARY KEY,
    client  TEXT   NOT NULL REFERENCES kyc_client (id),
    session TEXT   NOT NULL REFERENCES kyc_session (id),
    list    BIGINT NOT NULL,
    place   BIGINT NOT NULL,
    issued  BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL, -- 0 while it holds
    UNIQUE (list, place)
);

-- +goose Down
DROP TABLE kyc_attestation;
DROP TABLE kyc_session;
DROP TABLE kyc_key;
DROP TABLE kyc_client;
