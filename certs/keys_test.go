package certs_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"eidgate/certs"
)

// publicKeyLeaf certifies an RSA key that nobody could make or hold.
func publicKeyLeaf(t *testing.T, p pair, template *x509.Certificate, bits uint, e int) *x509.Certificate {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	key := &rsa.PublicKey{N: n.SetBit(n, 0, 1), E: e}
	return sign(t, template, p.Cert, key, p.Key, nil).Cert
}

func ed25519Key(t *testing.T) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	return key
}

func TestWeakKeys(t *testing.T) {
	root := newRoot(t, "Root of tests")
	template := func(t *testing.T) *x509.Certificate {
		c := cardTemplate(t, sigKey, clientAuth)
		withPolicies(t, ncpPlus)(c)
		return c
	}
	weakRoot := func(t *testing.T, bits int) pair {
		key := rsaKey(t, bits)
		a := authorityTemplate("RSA root")
		a.SignatureAlgorithm = x509.SHA256WithRSA
		return sign(t, a, a, key.Public(), key, key)
	}
	underRSA := func(t *testing.T, p pair) *x509.Certificate {
		c := template(t)
		c.SignatureAlgorithm = x509.SHA256WithRSA
		return p.issueKey(t, c, newKey(t)).Cert
	}
	small, fine := weakRoot(t, 1024), weakRoot(t, 2048)
	underPSS := func(t *testing.T, a x509.SignatureAlgorithm) *x509.Certificate {
		c := template(t)
		c.SignatureAlgorithm = a
		return fine.issueKey(t, c, newKey(t)).Cert
	}
	for _, c := range []struct {
		name   string
		leaf   *x509.Certificate
		anchor pair
		code   string
	}{
		{"RSA 1024 leaf", root.issueKey(t, template(t), rsaKey(t, 1024)).Cert, root, "path.weak-key"},
		{"RSA 2048 leaf", root.issueKey(t, template(t), rsaKey(t, 2048)).Cert, root, ""},
		{"RSA leaf beyond measure", publicKeyLeaf(t, root, template(t), 8200, 65537), root, "path.weak-key"},
		{"RSA exponent 1", publicKeyLeaf(t, root, template(t), 2048, 1), root, "path.weak-key"},
		{"RSA exponent 4", publicKeyLeaf(t, root, template(t), 2048, 4), root, "path.weak-key"},
		{"RSA exponent 3", publicKeyLeaf(t, root, template(t), 2048, 3), root, ""},
		{"RSA PSS root", underPSS(t, x509.SHA256WithRSAPSS), fine, ""},
		{"RSA PSS root with SHA-384", underPSS(t, x509.SHA384WithRSAPSS), fine, ""},
		{"RSA PSS root with SHA-512", underPSS(t, x509.SHA512WithRSAPSS), fine, ""},
		{"RSA root with SHA-512", underPSS(t, x509.SHA512WithRSA), fine, ""},
		{"Ed25519 leaf", root.issueKey(t, template(t), ed25519Key(t)).Cert, root, ""},
		{"P-224 leaf", root.issueKey(t, template(t), p224Key(t)).Cert, root, "path.weak-key"},
		{"RSA 1024 root", underRSA(t, small), small, "path.weak-key"},
		{"RSA 2048 root", underRSA(t, fine), fine, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verifierFor(t, certs.Test, c.anchor.Cert)
			_, err := v.Verify(t.Context(), certs.Request{Certificate: c.leaf, Purpose: certs.Authentication})
			wantCode(t, err, c.code)
			if c.code == "path.weak-key" && c.anchor.Cert == small.Cert {
				v.HistoricUntil = noon.Add(time.Hour)
				_, err = v.Verify(t.Context(), certs.Request{Certificate: c.leaf, Purpose: certs.Authentication})
				wantCode(t, err, "")
			}
		})
	}
}
