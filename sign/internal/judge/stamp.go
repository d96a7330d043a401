package judge

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"eidgate/certs"
	"eidgate/certs/timestamp"
	"eidgate/internal/fault"
	"eidgate/sign"
)

// Proof is a verified proof of time.
type Proof struct {
	Time time.Time
	Path *certs.Path // of the authority
}

// earliest is the oldest proof there is, nil when there is none.
func earliest(own *Proof, later []*Proof) *Proof {
	for _, p := range later {
		if own == nil || p.Time.Before(own.Time) {
			own = p
		}
	}
	return own
}

// Seen is the oldest of some proofs, zero when there is none.
func Seen(proofs []*Proof) time.Time {
	if first := earliest(nil, proofs); first != nil {
		return first.Time
	}
	return time.Time{}
}

// seen are the stamps of a subject, with the time at which each was there.
func (s *Subject) seen() []Stamp {
	out := slices.Clone(s.Stamps)
	for i := range out {
		if out[i].Seen.IsZero() {
			out[i].Seen = Seen(s.Later)
		}
	}
	return out
}

// stamps judges all time-stamps and returns the earliest that holds, nil when
// none does.
func (j *Judge) stamps(ctx context.Context, out *sign.Signature, stamps []Stamp) *Proof {
	var best *Proof
	for _, s := range stamps {
		report, good := j.Timestamp(ctx, s)
		out.Timestamps = append(out.Timestamps, report)
		if good == nil {
			out.Checks = append(out.Checks, sign.Check{
				Name: s.Kind, Result: sign.Fails, Code: report.Code, Sentence: report.Sentence,
			})
			continue
		}
		out.Checks = append(out.Checks, sign.Pass(s.Kind, report.Sentence))
		j.note(out, "time-stamp authority", good.Path, good.Time)
		if best == nil || good.Time.Before(best.Time) {
			best = good
		}
	}
	return best
}

// Timestamp judges one token; the second result is nil when it does not hold.
func (j *Judge) Timestamp(ctx context.Context, s Stamp) (sign.Timestamp, *Proof) {
	out := sign.Timestamp{Kind: s.Kind, Token: s.DER}
	token, path, err := j.verifyToken(ctx, s)
	if token != nil {
		out.Time = token.GenTime.UTC()
	}
	if err != nil {
		out.Verdict = sign.VerdictOf(err)
		out.Code, out.Sentence = fault.CodeOf(err), err.Error()
		return out, nil
	}
	out.Verdict = sign.Verdict{Indication: sign.TotalPassed}
	out.Authority = sign.AuthorityCertificate(path.Certificates[0])
	out.Anchor = sign.AuthorityCertificate(path.Anchor())
	out.Path = path.Certificates
	out.Sentence = fmt.Sprintf("time-stamped by %s", path.Certificates[0].Subject.CommonName)
	return out, &Proof{Time: out.Time, Path: path}
}

func (j *Judge) verifyToken(ctx context.Context, s Stamp) (*timestamp.Token, *certs.Path, error) {
	token, err := timestamp.Parse(s.DER)
	if err != nil {
		return nil, nil, err
	}
	want := timestamp.Expected{Hash: token.Imprint.Hash, Certificates: j.helpful(token)}
	if want.Hash == 0 {
		return token, nil, certs.Refuse("timestamp.weak-imprint", nil, "the time-stamp is made with a digest that is not of the SHA-2 family")
	}
	if want.Digest, err = s.Digest(want.Hash); err != nil {
		return token, nil, err
	}
	j.evidence.Merge(Evidence{Certificates: token.Certificates})
	path, err := token.Verify(ctx, j.verifier, want)
	if err == nil {
		err = compromised(path, s.Seen)
	}
	return token, path, err
}

// helpful are the certificates at hand that may be an authority's or above one,
// as many as a verifier takes beside those of the token.
func (j *Judge) helpful(token *timestamp.Token) []*x509.Certificate {
	const most = 64
	var out []*x509.Certificate
	for _, c := range j.evidence.Certificates {
		if len(out)+len(token.Certificates) < most && (c.IsCA || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageTimeStamping)) {
			out = append(out, c)
		}
	}
	return out
}

// compromised refuses the word of an authority that was revoked later because
// others may have its key: they can make tokens of any time. A reason that is
// not given counts as that one (RFC 3161 §4). A token that was there before is
// the authority's own.
func compromised(path *certs.Path, seen time.Time) error {
	for i, s := range path.Statuses {
		if s == nil || !s.Revoked || !seen.IsZero() && seen.Before(s.RevokedAt) {
			continue
		}
		switch s.Reason {
		case 3, 4, 5, 6, 9: // RFC 5280 §5.3.1: affiliation, superseded, ceased, hold, privilege withdrawn
			continue
		}
		return certs.Refuse("revocation.revoked", path.Certificates[i],
			"the time-stamp authority's certificate was revoked on %s, and whoever has its key can make time-stamps of any time", s.RevokedAt.UTC().Format(time.DateTime))
	}
	return nil
}
