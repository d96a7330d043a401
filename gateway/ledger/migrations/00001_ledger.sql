-- +goose Up

-- One leaf for each access event, written in the event's own transaction.
CREATE TABLE ledger_leaf (
    id   TEXT   NOT NULL PRIMARY KEY, -- the event's
    at   BIGINT NOT NULL,             -- microseconds; leaves are numbered in this order
    leaf BYTEA  NOT NULL,             -- 33 bytes, see package proof
    idx  BIGINT UNIQUE                -- place in the tree, from 0; NULL until numbered
);
CREATE INDEX ledger_leaf_unnumbered ON ledger_leaf (at, id) WHERE idx IS NULL;

-- The last checkpoint that was signed, replaced only by comparing.
CREATE TABLE ledger_head (
    origin TEXT   NOT NULL PRIMARY KEY,
    key_id TEXT   NOT NULL, -- of the signing key, so that another key is refused
    size   BIGINT NOT NULL,
    root   BYTEA  NOT NULL
);

-- Who numbers leaves and signs.
CREATE TABLE ledger_lease (
    origin TEXT   NOT NULL PRIMARY KEY,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL -- microseconds
);

-- +goose Down
DROP TABLE ledger_lease;
DROP TABLE ledger_head;
DROP TABLE ledger_leaf;
