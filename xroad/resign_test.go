package xroad_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"eidgate/internal/rawsig"
	"eidgate/sign/xades"
)

func xroadFingerprint(c *x509.Certificate) [32]byte { return sha256.Sum256(c.Raw) }

// resign changes a message and signs it again with a member's key, by
// sign/xades: a gateway that lies. That its signature is accepted shows
// that the form verified on the wire is the one sign/xades writes.
func resign(t *testing.T, by *organisation, b []byte, from, to string) []byte {
	t.Helper()
	length := int(binary.BigEndian.Uint32(b[offLength:]))
	message, body := b[offMessage:offMessage+length], b[offMessage+length:]
	message = bytes.Replace(message, []byte(from), []byte(to), 1)
	digest := sha512.Sum512(message)
	objects := []xades.Object{{Name: "message.xml", MediaType: "text/plain", Digest: digest[:]}}
	if b[offFlags] == 1 {
		sum := sha512.Sum512(body)
		file := sha512.Sum512([]byte(hex.EncodeToString(sum[:]) + "  body\n"))
		objects = append(objects, xades.Object{Name: "body.sha512", MediaType: "text/plain", Digest: file[:]})
	}
	cert := by.keys.SigningCertificate
	p, err := xades.Prepare(objects, xades.Options{
		Certificate: cert, Hash: crypto.SHA512, Time: time.Unix(int64(binary.BigEndian.Uint64(b[offTime:])), 0),
	})
	if err != nil {
		t.Error(err)
		return b
	}
	der, err := by.keys.Signing.Sign(rand.Reader, p.Digest(), p.SignerOptions())
	if err != nil {
		t.Error(err)
		return b
	}
	value, err := rawsig.FromDER(&by.keys.Signing.PublicKey, der)
	if err != nil {
		t.Error(err)
		return b
	}
	out := bytes.Clone(b[:offMessage])
	binary.BigEndian.PutUint32(out[offLength:], uint32(len(message)))
	copy(out[offValue:], value)
	return append(append(out, message...), body...)
}
