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
