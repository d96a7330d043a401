-- +goose Up

-- What a session verified is encrypted: person is AES-256-GCM under a key of the
-- row's own, data_key is that key under one of the secrets folder, which
-- person_key names. Rows with a person and no person_key are from before and are
-- encrypted when the service starts.
ALTER TABLE kyc_session ADD COLUMN person_key TEXT NOT NULL DEFAULT '';
ALTER TABLE kyc_session ADD COLUMN data_key BYTEA NOT NULL DEFAULT '';
-- When it was erased; 0 while it is kept.
ALTER TABLE kyc_session ADD COLUMN erased BIGINT NOT NULL DEFAULT 0;
-- The person who was shown the page last, as a pseudonym, or ''.
ALTER TABLE kyc_session ADD COLUMN viewer TEXT NOT NULL DEFAULT '';
CREATE INDEX kyc_session_person ON kyc_session (person_key, verified);
CREATE INDEX kyc_attestation_session ON kyc_attestation (session);

-- When an idempotency key was first used; 0 of those from before.
ALTER TABLE kyc_retry ADD COLUMN created BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE kyc_retry DROP COLUMN created;
DROP INDEX kyc_attestation_session;
DROP INDEX kyc_session_person;
ALTER TABLE kyc_session DROP COLUMN viewer;
ALTER TABLE kyc_session DROP COLUMN erased;
ALTER TABLE kyc_session DROP COLUMN data_key;
ALTER TABLE kyc_session DROP COLUMN person_key;
