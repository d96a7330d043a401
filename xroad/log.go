package xroad

import (
	"context"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"eidgate/internal/db"
)

// Migrations make the message log's tables (goose, folder "migrations").
//
//go:embed migrations/*.sql
var Migrations embed.FS

// errReplayed: a message with this request id was logged before.
var errReplayed = errors.New("the request id was used before")

// Part of an exchange in the message log.
type Part string

// The parts. An exchange has a request and then a response or a fault; a
// refused one may have a fault alone.
const (
	Request   Part = "request"
	Response  Part = "response"
	faultPart Part = "fault"
)

// entry is a row of the message log.
type entry struct {
	part    Part
	message []byte
	digests digests
	size    int64 // of the body
	signed  *stamp
	fault   *Fault
}

// stamp is a signature over a message.
type stamp struct {
	at     time.Time
	value  []byte
	signer *signer
}

// messageLog writes messages and accesses.
type messageLog struct {
	database db.Database
	record   Recorder
	now      func() time.Time

	stored sync.Map // fingerprints of certificates that are in the table
}

// write logs entries of one exchange and records the access, all or nothing.
func (l *messageLog) write(ctx context.Context, a Access, entries ...entry) error {
	a.At = l.now()
	err := l.database.Tx(ctx, func(tx db.Querier) error {
		for i := range entries {
			if err := l.insert(ctx, tx, &a, &entries[i]); err != nil {
				return err
			}
		}
		return l.record(ctx, tx, a)
	})
	if err != nil {
		return fmt.Errorf("logging a message: %w", err)
	}
	for i := range entries {
		if s := entries[i].signed; s != nil {
			l.stored.Store(s.signer.fingerprint, true)
		}
	}
	return nil
}

const insertMessage = `INSERT INTO xroad_message (side, request_id, part, message_id, client, service, logged_at,
 message, body_digest, body_size, signed_at, signature, signer, fault_code, fault_text)
 VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`

func (l *messageLog) insert(ctx context.Context, tx db.Querier, a *Access, e *entry) error {
	var signedAt int64
	var signature []byte
	var fingerprint, faultCode, faultText string
	if e.signed != nil {
		signedAt, signature = e.signed.at.Unix(), e.signed.value
		fingerprint = hex.EncodeToString(e.signed.signer.fingerprint[:])
		if err := l.certificate(ctx, tx, e.signed.signer, fingerprint); err != nil {
			return err
		}
	}
	if e.fault != nil {
		faultCode, faultText = e.fault.Type, e.fault.Message
	}
	return db.Later(ctx, tx, db.Statement{Query: insertMessage, Args: []any{
		string(a.Side), a.RequestID, string(e.part), a.MessageID,
		a.Client.Encoded(), a.Service.Encoded(), a.At.UnixMicro(), e.message, e.digests.body, e.size,
		signedAt, signature, fingerprint, faultCode, faultText,
	}, Taken: errReplayed})
}

// certificate keeps a signer's chain with the messages.
func (l *messageLog) certificate(ctx context.Context, tx db.Querier, s *signer, fingerprint string) error {
	if _, known := l.stored.Load(s.fingerprint); known {
		return nil
	}
	chain := append([]byte(nil), s.certificate.Raw...)
	for _, c := range s.chain {
		chain = append(chain, c.Raw...)
	}
	return db.Later(ctx, tx, db.Statement{
		Query: `INSERT INTO xroad_certificate (fingerprint, chain) VALUES ($1,$2) ON CONFLICT DO NOTHING`, Args: []any{fingerprint, chain},
	})
}
