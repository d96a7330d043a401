package gateway_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"encoding/json"
	"net/http"
	"testing"

	"eidgate/certs"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
)

// BenchmarkLogin measures whole logins over HTTPS: a challenge, the card's
// signature, the token's validation with OCSP asked of a responder on loopback,
// and a session in the database. Card and responder are in the same process and
// their work is in the figure.
//
// BenchmarkRawLogin is the floor: the signatures alone. The token, two
// certificates and the issuer's OCSP answer are verified on P-384, the cards'
// OCSP answer on P-256; the card signs once on P-384.
func BenchmarkLogin(b *testing.B) {
	for kind, address := range map[string]string{"sqlite": storetest.SQLite(b), "postgres": storetest.NewServer(b).Database(b)} {
		n := gatewaytest.Start(b, gatewaytest.Options{Database: address})
		b.Run(kind, func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				client := n.NewClient(b)
				for p.Next() {
					if status := login(b, n, client); status != http.StatusOK {
						b.Errorf("status %d", status)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logins/s")
		})
	}
}

func login(b *testing.B, n *gatewaytest.Node, client *http.Client) int {
	resp, err := client.Get(n.URL + "/auth/challenge")
	if err != nil {
		b.Error(err)
		return 0
	}
	var challenge struct{ Nonce string }
	err = json.NewDecoder(resp.Body).Decode(&challenge)
	resp.Body.Close()
	if err != nil {
		b.Error(err)
		return 0
	}
	body, err := json.Marshal(map[string]any{"token": json.RawMessage(n.Token(b, n.URL, challenge.Nonce))})
	if err != nil {
		b.Error(err)
		return 0
	}
	resp, err = client.Post(n.URL+"/auth/login", "application/json", bytes.NewReader(body))
	if err != nil {
		b.Error(err)
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// BenchmarkVerifyCard is the part of a login that is certs': the path of the
// card's certificate with revocation asked.
func BenchmarkVerifyCard(b *testing.B) {
	w := pkitest.Start(b, nil)
	verifier, card := w.Verifier(b), pkitest.Certificate(b, w.Card.Authentication)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			_, err := verifier.Verify(b.Context(), certs.Request{Certificate: card, Intermediates: w.Intermediates(), Purpose: certs.Authentication})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "paths/s")
}

func BenchmarkRawLogin(b *testing.B) {
	digest := sha512.Sum384([]byte("x"))
	type pair struct {
		key       *ecdsa.PrivateKey
		signature []byte
		times     int
	}
	var pairs []pair
	for curve, times := range map[elliptic.Curve]int{elliptic.P384(): 4, elliptic.P256(): 1} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
		if err != nil {
			b.Fatal(err)
		}
		pairs = append(pairs, pair{key, signature, times})
	}
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			for _, pair := range pairs {
				for range pair.times {
					if !ecdsa.VerifyASN1(&pair.key.PublicKey, digest[:], pair.signature) {
						b.Error("does not verify")
					}
				}
				if pair.times > 1 {
					_, _ = ecdsa.SignASN1(rand.Reader, pair.key, digest[:])
				}
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logins/s")
}
