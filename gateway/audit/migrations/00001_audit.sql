-- +goose Up

-- One access each. record is what the ledger's leaf commits to; the columns
-- beside it are copies of its fields, for searching, and are compared with it
-- whenever an event is read.
CREATE TABLE audit_event (
    id           TEXT   NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL, -- microseconds
    kind         TEXT   NOT NULL,
    subject      TEXT   NOT NULL, -- pseudonym of the person whose data it was, or ''
    actor        TEXT   NOT NULL, -- pseudonym of the person who asked, or ''
    organisation TEXT   NOT NULL, -- identifier, or ''
    result       TEXT   NOT NULL,
    salt         BYTEA  NOT NULL,
    record       BYTEA  NOT NULL
);
CREATE INDEX audit_event_at ON audit_event (at, id);
CREATE INDEX audit_event_subject ON audit_event (subject, at, id);
CREATE INDEX audit_event_actor ON audit_event (actor, at, id);
CREATE INDEX audit_event_organisation ON audit_event (organisation, at, id);

-- +goose Down
DROP TABLE audit_event;
