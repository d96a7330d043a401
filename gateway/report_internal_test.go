package gateway

import "testing"

// FuzzReadReport: reports come from anybody; what is logged of them is short
// and holds no path or query.
func FuzzReadReport(f *testing.F) {
	f.Add([]byte(`{"csp-report":{"effective-directive":"script-src","blocked-uri":"https://evil.example/x?y"}}`))
	f.Add([]byte(`[{"body":{"effectiveDirective":"style-src","blockedURL":"inline"}}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		directive, blocked := readReport(b)
		if len(directive) > 100 || len(blocked) > 100 {
			t.Errorf("%q %q", directive, blocked)
		}
	})
}
