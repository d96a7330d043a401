package evidence_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"eidgate/certs"
	"eidgate/internal/testtool"
	"eidgate/xroad/evidence"
)

func configuration(t testing.TB) *evidence.Configuration {
	t.Helper()
	conf, err := evidence.LoadConfiguration(filepath.Join(testtool.Shared(t, "xroad"), "globalconf", "DEV", "shared-params.xml"), certs.Test)
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

// TestSenders: a REST message says who sent it.
func TestSenders(t *testing.T) {
	for text, want := range map[string]string{
		"GET\r\n/r1/A/b/c/d/e\r\nX-Road-Client:A/b/c/d\r\n":                  "MEMBER:A/b/c",
		"200\r\nOK\r\nx-road-client:A/b/c/d\r\nx-road-service:A/x/y/z/s\r\n": "MEMBER:A/x/y",
		"GET\r\n/r1/A/b/c/d/e\r\n":                                           "refused",
		"200\r\nOK\r\n":                                                      "refused",
		"":                                                                   "refused",
		"<soap/>":                                                            "unknown",
	} {
		id, known, err := evidence.SenderOf([]byte(text))
		got := id.String()
		if !known {
			got = "unknown"
		}
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestContainers are X-Road's own.
func TestContainers(t *testing.T) {
	conf := configuration(t)
	for _, c := range []struct{ name, signer, code string }{
		{"valid-signed-message", "MEMBER:DEV/COM/4321", ""},
		{"valid-signed-hashchain", "MEMBER:DEV/COM/4321", ""},
		{"valid-batch-ts", "MEMBER:DEV/COM/4321", ""},
		{"valid-non-batch-rest", "MEMBER:DEV/COM/1234", ""},
		{"wrong-message", "", evidence.CodeSignature},
		{"invalid-digest", "", evidence.CodeSignature},
		{"attachments", "", evidence.CodeMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := vector(t, c.name+".asice")
			r, err := evidence.Verify(t.Context(), bytes.NewReader(b), int64(len(b)), conf)
			wantCode(t, err, c.code)
			if err == nil && (r.Signer.String() != c.signer || r.Time.IsZero() || len(r.Covered) == 0) {
				t.Errorf("%+v", r)
			}
			var refusal *evidence.Refusal
			if errors.As(err, &refusal) {
				t.Log(err)
			}
		})
	}
}
