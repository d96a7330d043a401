package card

import (
	"bytes"
	"context"
	"crypto"
	"testing"

	"eidgate/internal/pin"
)

func FuzzTLV(f *testing.F) {
	f.Add([]byte{0x62, 0x04, 0x80, 0x02, 0x04, 0x07})
	f.Add([]byte{0x70, 0x1E, 0xBF, 0x81, 0x01, 0x1A, 0xA0, 0x18, 0x9A, 0x01, 0x03, 0x9B, 0x01, 0x03})
	f.Add([]byte{0x30, 0x82, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, value, rest, err := tlv(b)
		if err == nil && len(value)+len(rest) >= len(b) {
			t.Errorf("%d bytes became %d", len(b), len(value)+len(rest))
		}
		if n, err := fileSize(b, maxCertificate); err == nil && (n < 0 || n > maxCertificate) {
			t.Errorf("a file of %d bytes", n)
		}
		if der, err := derLength(b); err == nil && !bytes.HasPrefix(b, der) {
			t.Error("the certificate is not the file's beginning")
		}
		_, _ = tlvFind(b, 0x70, 0xBF8101, 0xA0, 0x9B)
		_, _ = record(b)
	})
}

// noise answers every command with the next piece of one long input: a length
// byte and that many bytes, and counts what must not be repeated.
type noise struct {
	in                 []byte
	verify, operations int
	sent               int
}

func (n *noise) Transmit(_ context.Context, apdu []byte) ([]byte, error) {
	n.sent++
	switch apdu[1] {
	case insVerify:
		n.verify++
	case insInternalAuthenticate:
		n.operations++
	case insPerformSecurity:
		if apdu[2] == 0x9E {
			n.operations++
		}
	}
	if len(n.in) == 0 {
		return nil, ErrCardRemoved
	}
	size := min(int(n.in[0]), len(n.in)-1)
	answer := n.in[1 : 1+size]
	n.in = n.in[1+size:]
	return answer, nil
}

func (*noise) Control(context.Context, uint32, []byte) ([]byte, error) { return nil, ErrUnsupported }

// FuzzHostileCard lets every driver talk to a card that answers anything.
func FuzzHostileCard(f *testing.F) {
	ok := []byte{2, 0x90, 0x00}
	f.Add(bytes.Repeat(ok, 20))
	f.Add(append(append([]byte{}, ok...), 8, 0x62, 0x04, 0x80, 0x02, 0x00, 0x02, 0x90, 0x00, 4, 0x30, 0x00, 0x90, 0x00))
	f.Add(bytes.Repeat([]byte{3, 1, 0x61, 0x00}, 100))
	f.Add(bytes.Repeat([]byte{2, 0x6C, 0x01}, 10))
	source := pin.SourceFunc(func(context.Context, PINRequest) (*PIN, error) { return pin.FromBytes([]byte("123456")) })
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, d := range drivers() {
			for _, u := range []Usage{Authentication, Signing} {
				n := &noise{in: in}
				e := newEID(Info{}, d.open(&channel{transport: n}))
				out, err := e.Sign(t.Context(), SignRequest{Usage: u, Digest: make([]byte, 48), Hash: crypto.SHA384, PINs: source, LastTry: true})
				if err == nil || out != nil {
					t.Errorf("%s: a signature from noise", d.kind)
				}
				if n.verify > 1 || n.operations > 1 {
					t.Errorf("%s: %d VERIFY, %d operations", d.kind, n.verify, n.operations)
				}
			}
			e := newEID(Info{}, d.open(&channel{transport: &noise{in: in}}))
			_, _ = e.DocumentNumber(t.Context())
			_, _ = e.PersonalData(t.Context())
			for _, r := range []PINRef{PIN1, PIN2, PUK} {
				if s, err := e.PINStatus(t.Context(), r); err == nil && (s.Left < 0 || s.Left > s.Max) {
					t.Errorf("%s: %+v", d.kind, s)
				}
			}
		}
	})
}
