package cades

import (
	"context"
	"fmt"

	"eidgate/sign"
)

// Gatherer collects the evidence that a signature and its time-stamps do not
// carry, at the time of the call. [Online] is one.
type Gatherer interface {
	Gather(ctx context.Context, signature []byte) (*Evidence, error)
}

var _ Gatherer = Online{}

// Lift says what raises signatures: Timestamper makes level T, and with Evidence
// LT and LTA.
type Lift struct {
	Timestamper sign.Timestamper
	Evidence    Gatherer
}

// To raises a signature from one level to another and tells the level reached.
// A signature at LTA gets another archive time-stamp.
func (l Lift) To(ctx context.Context, signature []byte, from, to sign.Level) (_ []byte, level sign.Level, err error) {
	if from < sign.LevelB || to < from || to > sign.LevelB && l.Timestamper == nil || to >= sign.LevelLT && l.Evidence == nil {
		return nil, from, fmt.Errorf("%w: from %v to %v", ErrLevel, from, to)
	}
	if from < sign.LevelT && to >= sign.LevelT {
		if signature, _, err = AddTimestamp(ctx, signature, l.Timestamper); err != nil {
			return nil, from, err
		}
		from = sign.LevelT
	}
	if from < sign.LevelLT && to >= sign.LevelLT {
		if signature, err = l.evidence(ctx, signature, "LT"); err != nil {
			return nil, from, err
		}
		from = sign.LevelLT
	}
	if to < sign.LevelLTA {
		return signature, from, nil
	}
	signature, err = l.archive(ctx, signature)
	return signature, sign.LevelLTA, err
}

// archive adds an archive time-stamp. What older ones rest on goes before it, to
// be protected; what it rests on itself goes after it.
func (l Lift) archive(ctx context.Context, signature []byte) (_ []byte, err error) {
	if signature, err = l.evidence(ctx, signature, "LTA"); err != nil {
		return nil, err
	}
	if signature, err = AddArchiveTimestamp(ctx, signature, l.Timestamper); err != nil {
		return nil, err
	}
	return l.evidence(ctx, signature, "LTA")
}

func (l Lift) evidence(ctx context.Context, signature []byte, level string) ([]byte, error) {
	found, err := l.Evidence.Gather(ctx, signature)
	if err != nil {
		return nil, fmt.Errorf("getting the evidence for level %s: %w", level, err)
	}
	if len(found.Certificates)+len(found.OCSP)+len(found.CRLs) == 0 {
		return signature, nil
	}
	return AddEvidence(signature, found)
}
