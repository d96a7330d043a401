package signing

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
)

// Preparation is what the signer's card says before it signs.
type Preparation struct {
	Certificate []byte // DER of the signing certificate
	// Algorithms the card can do; the certificate's key alone decides when there
	// are none.
	Algorithms []Algorithm
}

// Prepare fixes the certificate, after validating it, and makes what the card
// signs (Signature.ToSign). Again with the same certificate it answers the same;
// with another it is [ErrAnotherCard]. Refusals of the certificate have the
// codes of certs, those of the documents the codes of sign/pades and sign/asic.
func (s *Service) Prepare(ctx context.Context, caller *Caller, id string, p Preparation) (*Signature, error) {
	r, err := s.owned(ctx, caller, Prepares, id)
	if err != nil {
		return nil, err
	}
	if r.certificate != nil {
		return s.preparedBefore(ctx, caller, r, p.Certificate)
	}
	if r.State != Ready {
		return nil, ErrNotReady
	}
	cert, err := x509.ParseCertificate(p.Certificate)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	path, person, err := s.judge(ctx, cert)
	if err != nil {
		return nil, s.deny(ctx, caller, Prepares, r, err)
	}
	// What the database keeps and the document says is the same moment.
	job := &job{service: s, row: r, cert: cert, chain: issuers(path), name: person.FullName(), at: s.Now().UTC().Truncate(time.Second)}
	if job.choice, err = choose(cert, p.Algorithms, r.onlyHash()); err != nil {
		return nil, s.deny(ctx, caller, Prepares, r, err)
	}
	if job.prepared, err = s.working(ctx, func() (prepared, error) { return job.prepare(ctx) }); err != nil {
		return nil, err
	}
	return s.fix(ctx, caller, job)
}

// preparedBefore answers a second preparation.
func (s *Service) preparedBefore(ctx context.Context, caller *Caller, r *row, certificate []byte) (*Signature, error) {
	if !bytes.Equal(certificate, r.certificate) {
		return nil, s.deny(ctx, caller, Prepares, r, ErrAnotherCard)
	}
	return &r.Signature, nil
}

// judge validates the certificate now, before anything is asked of the card.
func (s *Service) judge(ctx context.Context, cert *x509.Certificate) (*certs.Path, certs.Person, error) {
	path, err := s.Verifier.Verify(ctx, certs.Request{
		Certificate: cert, Intermediates: s.Intermediates,
		Purpose: certs.DocumentSigning, Revocation: certs.RevocationRequired,
	})
	if err != nil {
		return nil, certs.Person{}, fmt.Errorf("validating the certificate: %w", err)
	}
	person, err := certs.PersonOf(cert)
	if err != nil {
		return nil, certs.Person{}, fmt.Errorf("reading the certificate: %w", err)
	}
	return path, person, nil
}

// issuers are the certificates between the signer's and the anchor.
func issuers(path *certs.Path) []*x509.Certificate {
	if len(path.Certificates) < 3 {
		return nil
	}
	return path.Certificates[1 : len(path.Certificates)-1]
}

// fix stores the certificate and the prepared state, unless somebody else did.
func (s *Service) fix(ctx context.Context, caller *Caller, j *job) (*Signature, error) {
	state, err := j.prepared.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("storing the prepared signature: %w", err)
	}
	var r *row
	err = s.Database.Tx(ctx, func(tx db.Querier) error {
		result, err := tx.ExecContext(ctx, `UPDATE signing_requests
			SET state = 'prepared', certificate = $2, prepared = $3, prepared_at = $4, digest = $5, hash = $6
			WHERE id = $1 AND state = 'ready' AND expires > $7`,
			j.row.ID, j.cert.Raw, state, j.at.UnixMicro(), j.prepared.Digest(), j.choice.name, s.Now().UnixMicro())
		if err != nil {
			return fmt.Errorf("storing the prepared signature: %w", err)
		}
		if r, err = read(ctx, tx, j.row.ID); err != nil {
			return err
		}
		if one(result, ErrPrepared) != nil {
			return nil // lost a race; see below
		}
		return s.record(ctx, tx, r.access(caller, Prepares, nil))
	})
	if err != nil {
		return nil, err
	}
	if err := s.alive(r); err != nil {
		return nil, err
	}
	return s.preparedBefore(ctx, caller, r, j.cert.Raw)
}

// working runs what reads or writes documents while few others do.
func (s *Service) working(ctx context.Context, do func() (prepared, error)) (prepared, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	return do()
}

func (s *Service) enter(ctx context.Context) error {
	select {
	case s.work <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) leave() { <-s.work }
