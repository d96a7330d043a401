package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"testing"
	"time"

	"eidgate/sign"
	"eidgate/sign/pades"
)

func (ca *authority) trust(t testing.TB) sign.Trust {
	return sign.Trust{Store: ca.verifier(nil).Store, Now: func() time.Time { return now.Add(time.Minute) }}
}

// signTo signs in memory and gives the file beside the result.
func signTo(t testing.TB, in []byte, s *signer, o pades.Options) (*failingOutput, *pades.Result) {
	t.Helper()
	o.Certificate, o.Chain, o.Time = s.cert, s.chain, now
	out := &failingOutput{left: 1 << 20}
	r, err := pades.Sign(context.Background(), bytes.NewReader(in), int64(len(in)), out, s.key, o)
	if err != nil {
		t.Fatal(err)
	}
	return out, r
}

// The check of a file just written comes to the same verdicts as a validation,
// whatever the digest, with signatures before and without.
func TestCheckAgreesWithValidate(t *testing.T) {
	ca := newWorld(t)
	in := large(1 << 20)
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		o := ca.levelLT()
		o.Hash = hash
		out, r := signTo(t, in, ca.ec384, o)
		again, second := signTo(t, out.buf, ca.ec256, o)
		for i, c := range []struct {
			out *failingOutput
			r   *pades.Result
		}{{out, r}, {again, second}} {
			checked, err := c.r.Check(t.Context(), c.out, ca.trust(t))
			if err != nil {
				t.Fatal(err)
			}
			validated, err := pades.Validate(t.Context(), c.out, c.r.Size, ca.trust(t))
			if err != nil {
				t.Fatal(err)
			}
			if !checked.Valid() || !validated.Valid() || len(checked.Signatures) != i+1 {
				t.Errorf("%v, %d signatures: checked %v, validated %v\n%s", hash, i+1, checked.Valid(), validated.Valid(), checked.Text())
			}
		}
	}
}

// The check reads what signing added: any changed byte of it is noticed.
func TestCheckNoticesChanges(t *testing.T) {
	ca := newWorld(t)
	in := large(100 << 10)
	out, r := signTo(t, in, ca.ec384, ca.levelT())
	for _, at := range []int{len(in) + 20, len(in) + 300, len(out.buf) - 40} {
		changed := &failingOutput{buf: bytes.Clone(out.buf)}
		changed.buf[at] ^= 1
		report, err := r.Check(t.Context(), changed, ca.trust(t))
		if err == nil && report.Valid() {
			t.Errorf("byte %d of %d was changed and the file is called valid", at, len(out.buf))
		}
	}
}

// An output that keeps other bytes than it was given is noticed before the key
// is used.
func TestSignNoticesBadOutput(t *testing.T) {
	ca := newCA(t)
	in := large(1 << 20)
	key := &counting{Signer: ca.ec384.key}
	_, err := pades.Sign(context.Background(), bytes.NewReader(in), int64(len(in)), &lying{failingOutput{left: 100}}, key, options(ca.ec384))
	if err == nil || key.n != 0 {
		t.Errorf("error %v, %d key operations", err, key.n)
	}
}

type lying struct{ failingOutput }

func (l *lying) WriteAt(p []byte, off int64) (int, error) {
	n, err := l.failingOutput.WriteAt(p, off)
	if off > 0 && n > 0 {
		l.buf[off] ^= 1
	}
	return n, err
}
