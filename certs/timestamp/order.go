package timestamp

import (
	"bytes"
	"time"

	"eidgate/certs"
)

// Interval is when a token was made for certain: its time, less and plus its
// accuracy. A token that does not say is taken at its word.
func (t *Token) Interval() (earliest, latest time.Time) {
	return t.GenTime.Add(-t.Accuracy), t.GenTime.Add(t.Accuracy)
}

// Ordered checks tokens of which each covers the one before it (a signature's
// time-stamp, then the archive time-stamps over it): none may be certainly
// older than its predecessor. Two tokens of one authority that promises
// ordering are compared by their times alone (RFC 3161 §2.4.2). The refusal is
// "timestamp.order".
func Ordered(tokens ...*Token) error {
	for i := 1; i < len(tokens); i++ {
		before, after := tokens[i-1], tokens[i]
		earliest, _ := before.Interval()
		_, latest := after.Interval()
		if before.Ordering && after.Ordering && sameAuthority(before, after) {
			earliest, latest = before.GenTime, after.GenTime
		}
		if latest.Before(earliest) {
			return certs.Refuse("timestamp.order", nil, "time-stamp %d is older than the one it covers", i+1)
		}
	}
	return nil
}

// sameAuthority compares the signers the messages name; a token without a
// signer it can name is never the same.
func sameAuthority(a, b *Token) bool {
	x, errX := a.message.One()
	y, errY := b.message.One()
	if errX != nil || errY != nil || x.Serial == nil || y.Serial == nil {
		return false
	}
	return x.Serial.Cmp(y.Serial) == 0 && bytes.Equal(x.Issuer, y.Issuer)
}
