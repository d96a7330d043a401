package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// eid card show warns about certificates that are not valid or soon will not
// be.
func TestCardShowWarnsOfExpiry(t *testing.T) {
	w := newWorld(t)
	certificate := signingCertificate(t, w)
	for want, now := range map[string]time.Time{
		"(expires in 59 days)": certificate.NotAfter.Add(-59*24*time.Hour - time.Hour),
		"(EXPIRED)":            certificate.NotAfter.Add(time.Hour),
		"(NOT YET VALID)":      certificate.NotBefore.Add(-time.Hour),
		"":                     certificate.NotBefore.Add(time.Hour),
	} {
		var out, errOut bytes.Buffer
		a := &app{cards: w.cards, out: &out, err: &errOut, now: func() time.Time { return now }}
		if exit := a.run(t.Context(), []string{"--config", w.file(t, "eid.yaml", ""), "card", "show"}); exit != exitOK {
			t.Fatalf("%d: %s", exit, errOut.String())
		}
		if n := strings.Count(out.String(), want); want != "" && n != 2 || want == "" && strings.Contains(out.String(), "(") && strings.Contains(out.String(), "EXPIRED") {
			t.Errorf("%s: %d times in\n%s", want, n, out.String())
		}
	}
}
