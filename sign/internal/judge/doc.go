// Package judge takes the steps of a verdict that do not depend on the format:
// time-stamps, the signer's path at the proven time, revocation from evidence
// at hand or online, and the level reached (ETSI EN 319 102-1 §5.3 to §5.5).
//
// A format checks its own structure and the signature value, then hands the
// certificate and the time-stamps to [Judge.Signature], which fills in the rest
// of the report.
package judge
