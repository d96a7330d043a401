-- +goose Up

-- Which pepper the pseudonyms of this database were made with: an HMAC of a
-- fixed text, so that another pepper is refused and not silently begun.
CREATE TABLE audit_pepper (
    name        TEXT  NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL
);

-- +goose Down
DROP TABLE audit_pepper;
