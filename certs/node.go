package certs

import (
	"crypto"
	"crypto/x509"

	"eidgate/certs/internal/pkix"
)

// node is a certificate as path validation reads it, beside the form the rest
// of the program uses.
type node struct {
	*pkix.Certificate
	x *x509.Certificate
}

func newNode(cert *x509.Certificate) (*node, error) {
	if cert == nil || len(cert.Raw) == 0 {
		return nil, Refuse("certificate.malformed", cert, "the certificate has no encoding")
	}
	c, err := pkix.ParseCertificate(cert.Raw)
	if err != nil {
		return nil, Refuse("certificate.malformed", cert, "reading the certificate: %w", err)
	}
	return &node{c, cert}, nil
}

// readable gives the nodes of the certificates that can be read; those offered
// as help and unreadable are left out.
func readable(list []*x509.Certificate) []*node {
	var out []*node
	for _, c := range list {
		if n, err := newNode(c); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// key is the certificate's public key, nil when it is of a kind that cannot be
// used.
func (n *node) key() crypto.PublicKey { return n.x.PublicKey }

// same says that two nodes are the same certificate.
func (n *node) same(o *node) bool { return n.x.Equal(o.x) }

// sameEntity says that two certificates name the same holder of the same key:
// a path that passes through one twice goes round in circles.
func (n *node) sameEntity(o *node) bool {
	return n.Subject.Same(o.Subject) && string(n.KeyID) == string(o.KeyID)
}
