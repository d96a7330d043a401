package pades

import (
	"fmt"
	"slices"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/internal/revisions"
)

// applyChanges tells of each later change and refuses the signature for those
// that no rule allows.
func (v *validation) applyChanges(c *candidate, changes []revisions.Change) {
	if c.message == nil || c.out.Coverage.Revision == 0 {
		return // what it covers is not established
	}
	permitted := permittedBy(v.file.At(c.revision), c.sig.Dict, c.sig.Field.Dict)
	byCertification := permitted.inherits && !permitted.fills && slices.ContainsFunc(changes, isFilling) && v.inherited(c)
	permitted.fills = permitted.fills || byCertification
	var refusal error
	for _, change := range changes {
		if change.Revision <= c.revision {
			continue
		}
		err := v.judgeChange(change, permitted)
		told := sign.Change{Revision: min(change.Revision+1, len(v.file.Revisions())), Rule: string(change.Rule), Sentence: change.Sentence, Field: change.Field}
		switch {
		case err == nil && isFilling(change) && byCertification:
			told.Sentence += ", as the document's certification permits"
		case err == nil && isFilling(change):
			told.Sentence += ", as the signature permits"
		}
		if err != nil {
			told.Rule, told.Code, told.Sentence = "", fault.CodeOf(err), err.Error()
			if refusal == nil {
				refusal = err
			}
		}
		c.out.Coverage.Later = append(c.out.Coverage.Later, told)
	}
	c.conclude(refusal)
}

// conclude overrides a verdict with the refusal of a later change: such a
// document is not the one that was signed.
func (c *candidate) conclude(refusal error) {
	switch {
	case refusal == nil && len(c.out.Coverage.Later) > 0:
		c.pass("later-changes", "every later change is one that a rule allows")
	case refusal != nil:
		if c.out.Indication != sign.TotalFailed {
			c.out.Verdict, c.out.Level = sign.Verdict{}, sign.NoLevel
		}
		c.refuse("later-changes", refusal)
	}
}

func isFilling(change revisions.Change) bool { return change.Rule == revisions.RuleFill }

// judgeChange tells why a change is not allowed after a signature. Whether a
// filling is well made matters only where filling is permitted.
func (v *validation) judgeChange(change revisions.Change, permitted permission) error {
	if isFilling(change) {
		if err := permitted.permits(change.Field); err != nil {
			return fmt.Errorf("%w: %s", err, change.Sentence)
		}
		return change.Err
	}
	if change.Err != nil {
		return change.Err
	}
	return v.holds(change, permitted)
}

// holds tells whether an allowed change keeps its promise: a new signature must
// cover the revision that brought it, a certification must permit it, and what
// it draws must be proven.
func (v *validation) holds(change revisions.Change, permitted permission) error {
	switch {
	case !slices.Contains(permitted.rules, change.Rule):
		return fmt.Errorf("%w: %s", errDocMDP, change.Sentence)
	case change.Present && permitted.locks(change.Field):
		return fmt.Errorf("%w: %s", errFieldLocked, change.Field)
	case change.Visible && !change.Present && (permitted.quiet || permitted.locks(change.Field)):
		return fmt.Errorf("%w: %s", errVisibleField, change.Field)
	}
	if change.Signature == 0 {
		return nil
	}
	i := slices.IndexFunc(v.all, func(c *candidate) bool {
		return c.sig.Object != nil && c.sig.Object.Num == change.Signature && c.revision == change.Revision && c.out.Coverage.Revision != 0
	})
	switch {
	case i < 0:
		return fmt.Errorf("%w: %s", revisions.ErrFieldAdded, change.Field)
	case change.Visible && v.all[i].out.Indication != sign.TotalPassed:
		return fmt.Errorf("%w: %s", errAppearance, change.Field)
	}
	return nil
}
