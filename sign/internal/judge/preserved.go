package judge

import (
	"bytes"
	"context"
	"slices"

	"eidgate/sign"
)

// Preserved tells whether a signature that reaches level LT does so with this
// part of its evidence alone: what an archive time-stamp is over. Answers that
// were added since may be exchanged by anyone who has others.
func Preserved(ctx context.Context, trust sign.Trust, out *sign.Signature, s Subject, protected Evidence) bool {
	held := func(e sign.Evidence) bool {
		same := func(der []byte) bool { return bytes.Equal(der, e.DER) }
		return len(e.DER) == 0 || slices.ContainsFunc(protected.OCSP, same) || slices.ContainsFunc(protected.CRLs, same)
	}
	if !slices.ContainsFunc(out.Evidence, func(e sign.Evidence) bool { return !held(e) }) {
		return true
	}
	again := &sign.Signature{}
	trust.Revocation = nil
	New(trust, protected).Signature(ctx, again, s)
	return again.Level >= sign.LevelLT
}
