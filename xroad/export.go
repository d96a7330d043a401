package xroad

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha512"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"eidgate/internal/fault"
	"eidgate/sign/asic"
)

// Why an exchange cannot be exported.
var (
	ErrUnknownMessage = fault.New("xroad.unknown-message", "the message log has no such message",
		"Give the message id or the request id of an exchange that this gateway logged.")
	ErrSeveralMessages = fault.New("xroad.several-messages", "several exchanges have this message id",
		"Give the request id (x-road-request-id), which is unique.")
	ErrDamaged = fault.New("xroad.log-damaged", "the message log does not hold what was signed",
		"Restore the database, and compare with the other gateway's log.")
)

// logged is a signed message as the log has it.
type logged struct {
	requestID string
	message   []byte
	digests   digests
	stamp     stamp
}

// Export writes the signed request or response of one exchange as an ASiC-E
// container: message.xml (what X-Road calls so; it is text), body.sha512 when
// there was a body, and the XAdES signature. The container is whole without
// the body, which the log does not keep: whoever has it checks it with
// "sha512sum -c body.sha512" under the name "body".
//
// id is an x-road-id or an x-road-request-id. The errors are
// [ErrUnknownMessage], [ErrSeveralMessages], [ErrDamaged] and those of the
// database, of the time-stamp and revocation services and of out. Nothing is
// written before the signature was verified.
func (g *Gateway) Export(ctx context.Context, id string, part Part, out io.Writer) error {
	l, err := g.find(ctx, id, part)
	if err != nil {
		return err
	}
	s := l.stamp.signer
	if !s.verify(l.digests, l.stamp.at, l.stamp.value) {
		return fmt.Errorf("%w: the signature of %s does not fit", ErrDamaged, l.requestID)
	}
	files := []asic.File{file(nameMessage, l.message)}
	if l.digests.body != nil {
		files = append(files, file(nameDigest, digestFile(l.digests.body)))
	}
	p, err := asic.Prepare(ctx, files, asic.Options{Certificate: s.certificate, Chain: s.chain, Hash: crypto.SHA512, Time: l.stamp.at})
	if err != nil {
		return fmt.Errorf("preparing the container: %w", err)
	}
	message := s.file(l.digests, l.stamp.at, l.stamp.value)
	if g.o.Timestamper != nil {
		services := asic.Options{Timestamper: g.o.Timestamper, Evidence: asic.Online{Verifier: g.o.Verifier}}
		lifted, err := p.Lift(ctx, message, services, asic.Contents(files))
		if err != nil {
			return fmt.Errorf("adding time-stamp and revocation answers: %w", err)
		}
		message = lifted.Message
	}
	return p.Write(ctx, out, files, message)
}

func file(name string, content []byte) asic.File {
	return asic.File{Name: name, MediaType: mediaSigned, Content: bytes.NewReader(content), Size: int64(len(content))}
}

// find reads a message. Both sides of an exchange in one log have the same
// message.
func (g *Gateway) find(ctx context.Context, id string, part Part) (*logged, error) {
	if part != Request && part != Response {
		return nil, fmt.Errorf("%w: there are requests and responses", ErrUnknownMessage)
	}
	rows, err := g.o.Database.QueryContext(ctx, `SELECT m.request_id, m.message, m.body_digest, m.signed_at, m.signature, m.signer, c.chain
 FROM xroad_message m JOIN xroad_certificate c ON c.fingerprint = m.signer
 WHERE (m.message_id = $1 OR m.request_id = $1) AND m.part = $2 ORDER BY m.logged_at, m.side LIMIT 100`, id, string(part))
	if err != nil {
		return nil, fmt.Errorf("reading the message log: %w", err)
	}
	defer rows.Close()
	var found *logged
	for rows.Next() {
		l, err := scan(rows)
		if err != nil {
			return nil, err
		}
		if found != nil && found.requestID != l.requestID {
			return nil, ErrSeveralMessages
		}
		found = l
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the message log: %w", err)
	}
	if found == nil {
		return nil, ErrUnknownMessage
	}
	return found, nil
}

func scan(rows *sql.Rows) (*logged, error) {
	var l logged
	var signedAt int64
	var fingerprint string
	var chain []byte
	if err := rows.Scan(&l.requestID, &l.message, &l.digests.body, &signedAt, &l.stamp.value, &fingerprint, &chain); err != nil {
		return nil, fmt.Errorf("reading the message log: %w", err)
	}
	certificates, err := x509.ParseCertificates(chain)
	if err != nil || len(certificates) == 0 {
		return nil, fmt.Errorf("%w: the certificate of %s", ErrDamaged, l.requestID)
	}
	if got := fingerprintOf(certificates[0]); hex.EncodeToString(got[:]) != fingerprint {
		return nil, fmt.Errorf("%w: the certificate of %s is another one", ErrDamaged, l.requestID)
	}
	if l.stamp.signer, err = newSigner(certificates[0], certificates[1:]); err != nil {
		return nil, fmt.Errorf("%w: the certificate of %s: %w", ErrDamaged, l.requestID, err)
	}
	sum := sha512.Sum512(l.message)
	l.digests.message, l.stamp.at = sum[:], time.Unix(signedAt, 0).UTC()
	return &l, nil
}
