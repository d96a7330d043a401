package pades_test

import (
	"testing"
	"time"

	"eidgate/sign"
)

// Whoever has the key of a time-stamp authority can make time-stamps of any
// time. One that was revoked for that, or without a reason, proves nothing but
// what another time-stamp shows to be older (RFC 3161 §4).
func TestCompromisedTimestampAuthority(t *testing.T) {
	const keyCompromise, superseded, cessation = 1, 4, 5
	o := newOffice(t)
	signedAt := o.Now
	stamped := o.sign(t, contract(), sign.LevelT)
	first := o.TSA
	o.TSA = o.Stamper(o.Root)
	o.Now = signedAt.Add(time.Hour)
	kept := archived(o).apply(t, o, stamped)
	o.Now = signedAt.Add(72 * time.Hour)
	late := archived(o).apply(t, o, stamped)
	o.Revoked[first.Cert.SerialNumber.String()] = signedAt.Add(48 * time.Hour)
	for reason, code := range map[int]string{0: "revocation.revoked", keyCompromise: "revocation.revoked", superseded: "", cessation: ""} {
		o.Reason = reason
		verdict, level := totalPassed, sign.LevelT
		if code != "" {
			verdict, level = sign.Unclear(sign.NoPOE), sign.NoLevel
		}
		wantVerdict(t, report(t, stamped, o.Trust(true)), 0, verdict, code, level)
		wantVerdict(t, report(t, kept, o.Trust(true)), 0, totalPassed, "", sign.LevelT)
		// Stamped by another after the revocation: the signature is as old as
		// that, and the first token no older.
		r := report(t, late, o.Trust(true))
		if proven := r.Signatures[0].Proven; code != "" && !proven.Equal(signedAt.Add(72*time.Hour)) {
			t.Errorf("reason %d: proven %v", reason, proven)
		}
	}
}
