package timestamp_test

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/timestamp"
	"eidgate/internal/testtool"
)

const opensslConfig = `
[tsa]
default_tsa = it
[it]
dir = .
serial = serial
default_policy = 2.999.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_alg = ESSALG
`

// TestOpenSSLStamps lets OpenSSL's authority answer our requests: its tokens
// name the authority, promise ordering, and bind the signer with SHA-1
// (signing-certificate) or SHA-256 (signing-certificate-v2).
func TestOpenSSLStamps(t *testing.T) {
	openssl := testtool.Need(t, "openssl")
	w := newWorldAt(t, time.Now()) // OpenSSL's clock is the machine's
	key, err := x509.MarshalPKCS8PrivateKey(w.tsa.key)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{"sha1", "sha256"} {
		t.Run(alg, func(t *testing.T) {
			dir := t.TempDir()
			file := func(name string, b []byte) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			config := strings.NewReplacer("ESSALG", alg, "serial = serial", "serial = "+filepath.Join(dir, "serial")).Replace(opensslConfig)
			out := filepath.Join(dir, "reply")
			testtool.Run(t, openssl, "ts", "-reply", "-config", file("openssl.cnf", []byte(config)), "-section", "it",
				"-queryfile", file("query", request(t, nil)), "-out", out, "-sha256",
				"-signer", file("tsa.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.tsa.cert.Raw})),
				"-inkey", file("tsa.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
			reply, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			var got answer
			if _, err := asn1.Unmarshal(reply, &got); err != nil {
				t.Fatal(err)
			}
			token := w.judge(t, got.Token.FullBytes, expected(), "")
			if token.Accuracy != 1500100*time.Microsecond || !token.Ordering || token.Authority == nil {
				t.Errorf("token %+v", token.Info)
			}
			e := expected()
			e.Digest = make([]byte, 32)
			w.judge(t, got.Token.FullBytes, e, "timestamp.wrong-imprint")
			if err := timestamp.Ordered(token, token); err != nil {
				t.Errorf("a token is not older than itself: %v", err)
			}
		})
	}
}
