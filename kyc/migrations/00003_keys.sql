-- +goose Up

-- When a key was last sent, to a minute; 0 when never.
ALTER TABLE kyc_key ADD COLUMN used BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE kyc_key DROP COLUMN used;
