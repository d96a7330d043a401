package judge

import (
	"context"
	"fmt"
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
	want := timestamp.Expected{Hash: token.Imprint.Hash, Certificates: j.evidence.Certificates}
	if want.Hash == 0 {
		return token, nil, certs.Refuse("timestamp.weak-imprint", nil, "the time-stamp is made with a digest that is not of the SHA-2 family")
	}
	if want.Digest, err = s.Digest(want.Hash); err != nil {
		return token, nil, err
	}
	j.evidence.Merge(Evidence{Certificates: token.Certificates})
	path, err := token.Verify(ctx, j.verifier, want)
	return token, path, err
}
