package gateway

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"eidgate/certs/pki"
	"eidgate/gateway/store"
	"eidgate/kyc"
)

// sandboxOrganisation is who attests in a sandbox.
const (
	sandboxOperator     = "Eidgate Sandbox"
	sandboxOperatorCode = "70000000"
)

// openKYC prepares attestations. Without a certificate, outside of sandboxes,
// there are none and their addresses say so.
func (s *Server) openKYC(ctx context.Context) error {
	key, chain, err := s.attestationKey()
	if err != nil || key == nil {
		return err
	}
	persons, err := s.personKeys()
	if err != nil {
		return err
	}
	s.kyc, err = kyc.New(kyc.Options{
		Database: s.store, Record: s.recordKYC, Verifier: s.trust.Verifier, Intermediates: s.trust.Intermediates,
		Origin: s.origin, Key: key, Chain: chain, Pepper: s.pepper, PersonKeys: persons, Keep: s.config.KYC.Keep, Live: s.config.Mode == Production,
		Now: s.now, Random: s.random, Log: s.log,
	})
	if err != nil {
		return err
	}
	encrypted, err := s.kyc.Prepare(ctx)
	if err != nil {
		return err
	}
	if encrypted > 0 {
		s.log.InfoContext(ctx, "encrypted what sessions had verified", "sessions", encrypted)
		if err := s.compact(ctx); err != nil {
			return fmt.Errorf("cleaning the database of what is encrypted now: %w", err)
		}
	}
	s.background.Every("erasing what sessions verified", sweepEvery, s.kyc.Sweep)
	return nil
}

const sweepEvery = 10 * time.Minute

// personKeys are the lines of the file kyc-persons.keys, in base64: the first
// encrypts.
func (s *Server) personKeys() ([][]byte, error) {
	text, err := s.secret("kyc-persons.keys", func() ([]byte, error) {
		key, err := s.randomBytes(kyc.PersonKeySize)
		return []byte(base64.StdEncoding.EncodeToString(key) + "\n"), err
	})
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != kyc.PersonKeySize {
			return nil, fmt.Errorf("%w: a line of kyc-persons.keys is not base64 of %d bytes", errSecret, kyc.PersonKeySize)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: kyc-persons.keys has no key", errSecret)
	}
	return keys, nil
}

// compact writes the database anew, without what is left in free pages. These
// statements run in no transaction.
func (s *Server) compact(ctx context.Context) error {
	statements := []string{"VACUUM FULL kyc_session"}
	if s.store.Dialect() == store.SQLite {
		statements = []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"}
	}
	for _, statement := range statements {
		rows, err := s.store.QueryContext(ctx, statement)
		if err != nil {
			return err
		}
		for rows.Next() { // the checkpoint answers with a row
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// attestationKey reads the configured one; a sandbox has its PKI issue one for
// the host it is reached at.
func (s *Server) attestationKey() (crypto.Signer, []*x509.Certificate, error) {
	c := s.config.KYC
	if c.Certificate != "" {
		certificate, err := os.ReadFile(c.Certificate)
		if err != nil {
			return nil, nil, fmt.Errorf("reading kyc.certificate: %w", err)
		}
		key, err := os.ReadFile(c.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("reading kyc.key: %w", err)
		}
		return keyPair("kyc.certificate", append(append(certificate, '\n'), key...))
	}
	if s.config.Mode != Sandbox {
		return nil, nil, nil
	}
	origin, err := url.Parse(s.origin)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the origin: %w", err)
	}
	kept, err := s.secret("attestation-"+origin.Hostname()+".pem", func() ([]byte, error) {
		key, certificate, err := s.pki.IssueAttestation(pki.Organisation{
			Name: sandboxOperator, Code: sandboxOperatorCode, Hosts: []string{origin.Hostname()},
		})
		if err != nil {
			return nil, err
		}
		return pemPair(key, certificate, s.pki.IssuingCA())
	})
	if err != nil {
		return nil, nil, err
	}
	return keyPair("attestation.pem", kept)
}

// pemPair writes certificates and a key in one PEM text.
func pemPair(key crypto.Signer, certificates ...*x509.Certificate) ([]byte, error) {
	var text bytes.Buffer
	for _, certificate := range certificates {
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}); err != nil {
			return nil, err
		}
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	err = pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return text.Bytes(), err
}

// keyPair reads certificates and the key of the first. what names the setting.
func keyPair(what string, text []byte) (crypto.Signer, []*x509.Certificate, error) {
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, nil, refuse(what, "%s", err)
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, nil, refuse(what, "the key cannot sign")
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, refuse(what, "%s", err)
		}
		chain = append(chain, certificate)
	}
	return key, chain, nil
}
