package certs

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
)

// maxIssued is how many signatures of authorities a store remembers.
const maxIssued = 1024

// issued remembers which authorities and services the anchors of a store have
// signed the certificates of, and which responders the authorities below them, so that a warm store verifies each of these
// signatures once. A signature that holds holds for ever; whether its algorithm
// is still good, and all else about the certificate, is judged each time.
// Certificates of people are not remembered.
type issued struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]bool // mu guards it
}

// CheckService checks the signature of issuer on the certificate of a service,
// such as an OCSP responder's, and remembers one that holds. The issuer must be
// on a path that was verified, so that strangers fill no memory. Nothing else is
// judged: not the names, nor the strength of the signature. A nil store
// remembers nothing.
func (s *Store) CheckService(service, issuer *x509.Certificate) error {
	var known *issued
	if s != nil {
		known = s.issued
	}
	if known.has(service, issuer) {
		return nil
	}
	if err := issuer.CheckSignature(service.SignatureAlgorithm, service.RawTBSCertificate, service.Signature); err != nil {
		return fmt.Errorf("checking the signature on the certificate of a service: %w", err)
	}
	known.add(service, issuer)
	return nil
}

// pairOf names the whole of both certificates.
func pairOf(child, issuer *x509.Certificate) [sha256.Size]byte {
	size := binary.BigEndian.AppendUint64(nil, uint64(len(child.Raw)))
	return sha256.Sum256(slices.Concat(size, child.Raw, issuer.Raw))
}

// has tells whether the signature of issuer on child is known to hold.
func (i *issued) has(child, issuer *x509.Certificate) bool {
	if i == nil || !isService(child) {
		return false
	}
	pair := pairOf(child, issuer)
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.known[pair]
}

// add remembers a signature that was verified; a full memory begins anew.
func (i *issued) add(child, issuer *x509.Certificate) {
	if i == nil || !isService(child) {
		return
	}
	pair := pairOf(child, issuer)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil || len(i.known) >= maxIssued {
		i.known = map[[sha256.Size]byte]bool{}
	}
	i.known[pair] = true
}

// isService tells whether a certificate is that of an authority or a service.
func isService(cert *x509.Certificate) bool {
	return cert.IsCA || slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageTimeStamping) || slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning)
}
