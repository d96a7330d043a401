package card

import (
	"context"
	"crypto"
	_ "crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/pin"
	"eidgate/internal/testtool"
)

// replay answers the commands of a recording, in its order. A recording may
// select what is selected already; leaving that out is the only freedom.
type replay struct {
	script []exchange
	next   int
	last   string // the command that selected the current application
}

type exchange struct {
	Command string `json:"c"`
	Answer  string `json:"r"`
}

func (r *replay) Transmit(_ context.Context, apdu []byte) ([]byte, error) {
	got := hex.EncodeToString(apdu)
	if r.next < len(r.script) && r.script[r.next].Command != got && r.script[r.next].Command == r.last {
		r.next++
	}
	if r.next >= len(r.script) || r.script[r.next].Command != got {
		return nil, fmt.Errorf("command %d of the recording is not %s", r.next, got)
	}
	if strings.HasPrefix(got, "00a4") {
		r.last = ""
		if strings.HasPrefix(got, "00a404") {
			r.last = got
		}
	}
	answer, err := hex.DecodeString(r.script[r.next].Answer)
	r.next++
	return answer, err
}

func (*replay) Control(context.Context, uint32, []byte) ([]byte, error) { return nil, ErrUnsupported }

// shared finds reference data beside the repository.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", name))
	if os.IsNotExist(err) {
		t.Skip("no reference data beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signed is the value all recordings sign: SHA-384 and SHA-256 of the same
// message.
var signed = map[crypto.Hash]string{
	crypto.SHA384: "86255fa2c36e4b30969eae17dc34c772cbebdfc58b58403900be87614eb1a34b8780263f255eb5e65ca9bbb8641cccfe",
	crypto.SHA256: "c0535e4be2b79ffd93291305436bf889314e4a3faec05ecffcbb7df31ad9e51a",
}

type recording struct {
	name      string
	driver    driver
	usage     Usage
	pin       string
	algorithm Algorithm
}

func recordings() []recording {
	return []recording{
		{"ESTEID_IDEMIA_V1_SELECT_AUTH_CERTIFICATE_AND_AUTHENTICATE", esteid2018, Authentication, "1234", Algorithm{Hash: crypto.SHA384}},
		{"ESTEID_IDEMIA_V1_SELECT_SIGN_CERTIFICATE_AND_SIGNING", esteid2018, Signing, "12345", Algorithm{Hash: crypto.SHA384}},
		{"LATEID_IDEMIA_V2_SELECT_AUTH_CERTIFICATE_AND_AUTHENTICATE", lateid2, Authentication, "1234", Algorithm{Hash: crypto.SHA256, Padding: PKCS1v15}},
		{"LATEID_IDEMIA_V2_SELECT_SIGN_CERTIFICATE_AND_SIGNING", lateid2, Signing, "123456", Algorithm{Hash: crypto.SHA256, Padding: PKCS1v15}},
		{"FINEID_V3_SELECT_AUTH_CERTIFICATE_AND_AUTHENTICATE", fineid3, Authentication, "1234", Algorithm{Hash: crypto.SHA256, Padding: PSS}},
		{"FINEID_V3_SELECT_SIGN_CERTIFICATE_AND_SIGNING", fineid3, Signing, "123456", Algorithm{Hash: crypto.SHA256}},
		{"FINEID_V4_SELECT_AUTH_CERTIFICATE_AND_AUTHENTICATE", fineid4, Authentication, "1234", Algorithm{Hash: crypto.SHA384}},
		{"FINEID_V4_SELECT_SIGN_CERTIFICATE_AND_SIGNING", fineid4, Signing, "123456", Algorithm{Hash: crypto.SHA384}},
	}
}

// TestConformanceTranscripts drives recordings of real cards. A signature comes out
// only when it verifies against the recorded certificate.
func TestConformanceTranscripts(t *testing.T) {
	var score testtool.Score
	var all map[string][]exchange
	if err := json.Unmarshal(shared(t, "card/apdu-transcripts.json"), &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range recordings() {
		t.Run(r.name, func(t *testing.T) {
			script := &replay{script: all[r.name]}
			e := newEID(Info{}, r.driver.open(&channel{transport: script, protocol: T1}))
			digest, err := hex.DecodeString(signed[r.algorithm.Hash])
			if err != nil {
				t.Fatal(err)
			}
			out, err := e.Sign(t.Context(), SignRequest{
				Usage: r.usage, Digest: digest, Hash: r.algorithm.Hash, Padding: r.algorithm.Padding,
				PINs: pin.SourceFunc(func(context.Context, PINRequest) (*PIN, error) { return pin.FromBytes([]byte(r.pin)) }),
			})
			score.Count(true, err == nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(out) == 0 || script.next != len(script.script) {
				t.Errorf("%d commands of %d, %d bytes", script.next, len(script.script), len(out))
			}
			if r.driver.kind == "lateid2" && r.usage == Authentication { // it tells no number and goes by its mark
				if n, err := e.DocumentNumber(t.Context()); err != nil || len(n) != 8 || script.next != len(script.script) {
					t.Errorf("document number %q, %v", n, err)
				}
				if _, err := e.PersonalData(t.Context()); !errors.Is(err, ErrUnsupported) {
					t.Errorf("personal data: %v", err)
				}
			}
		})
	}
	score.Print("Card transcripts")
}

// TestATamperedRecordingGivesNothing changes one bit of the recorded
// signature.
func TestATamperedRecordingGivesNothing(t *testing.T) {
	var all map[string][]exchange
	if err := json.Unmarshal(shared(t, "card/apdu-transcripts.json"), &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range recordings() {
		script := all[r.name]
		last := &script[len(script)-1]
		b := []byte(last.Answer)
		if b[10] == '0' {
			b[10] = '1'
		} else {
			b[10] = '0'
		}
		last.Answer = string(b)
		e := newEID(Info{}, r.driver.open(&channel{transport: &replay{script: script}, protocol: T1}))
		digest, _ := hex.DecodeString(signed[r.algorithm.Hash])
		out, err := e.Sign(t.Context(), SignRequest{
			Usage: r.usage, Digest: digest, Hash: r.algorithm.Hash, Padding: r.algorithm.Padding,
			PINs: pin.SourceFunc(func(context.Context, PINRequest) (*PIN, error) { return pin.FromBytes([]byte(r.pin)) }),
		})
		if out != nil || err == nil {
			t.Errorf("%s: %X, %v", r.name, out, err)
		}
	}
}
