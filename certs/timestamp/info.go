package timestamp

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Info is TSTInfo, what an authority signs (RFC 3161 §2.4.2).
type Info struct {
	Policy  asn1.ObjectIdentifier
	Imprint Imprint
	Serial  *big.Int
	GenTime time.Time
	// Accuracy is how far GenTime may be from the truth, to either side; zero
	// when the token does not say.
	Accuracy time.Duration
	// Ordering says that the authority's tokens can be ordered by GenTime alone.
	Ordering   bool
	Nonce      *big.Int // nil when there is none
	Authority  []byte   // GeneralName of the tsa field, DER; nil when absent
	Extensions []pkix.Extension
}

var (
	tagAuthority  = cbasn1.Tag(0).ContextSpecific().Constructed()
	tagExtensions = cbasn1.Tag(1).ContextSpecific().Constructed()
	tagMillis     = cbasn1.Tag(0).ContextSpecific()
	tagMicros     = cbasn1.Tag(1).ContextSpecific()
)

// parseInfo reads TSTInfo in DER.
func parseInfo(der []byte) (*Info, bool) {
	s := cryptobyte.String(der)
	var seq cryptobyte.String
	var version int64
	i := new(Info)
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1Integer(&version) || version != 1 ||
		!seq.ReadASN1ObjectIdentifier(&i.Policy) || !readImprint(&seq, &i.Imprint) ||
		!readInteger(&seq, &i.Serial) || !readGenTime(&seq, &i.GenTime) {
		return nil, false
	}
	return i, i.readOptional(&seq) && seq.Empty()
}

func (i *Info) readOptional(s *cryptobyte.String) bool {
	if s.PeekASN1Tag(cbasn1.SEQUENCE) && !readAccuracy(s, &i.Accuracy) {
		return false
	}
	if s.PeekASN1Tag(cbasn1.BOOLEAN) && !s.ReadASN1Boolean(&i.Ordering) {
		return false
	}
	var authority, extensions cryptobyte.String
	var named, extended bool
	if !readOptionalInteger(s, &i.Nonce) || !s.ReadOptionalASN1(&authority, &named, tagAuthority) ||
		!s.ReadOptionalASN1(&extensions, &extended, tagExtensions) {
		return false
	}
	if named {
		var name cryptobyte.String
		if !authority.ReadAnyASN1Element(&name, new(cbasn1.Tag)) || !authority.Empty() {
			return false
		}
		i.Authority = name
	}
	return !extended || readExtensions(extensions, &i.Extensions)
}

// readAccuracy reads seconds, [0] millis and [1] micros, each optional.
func readAccuracy(s *cryptobyte.String, out *time.Duration) bool {
	var seq cryptobyte.String
	var seconds, millis, micros int64
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) {
		return false
	}
	if seq.PeekASN1Tag(cbasn1.INTEGER) && !seq.ReadASN1Integer(&seconds) {
		return false
	}
	if seq.PeekASN1Tag(tagMillis) && (!seq.ReadASN1Int64WithTag(&millis, tagMillis) || millis < 1 || millis > 999) {
		return false
	}
	if seq.PeekASN1Tag(tagMicros) && (!seq.ReadASN1Int64WithTag(&micros, tagMicros) || micros < 1 || micros > 999) {
		return false
	}
	const week = 7 * 24 * 60 * 60 // an "accuracy" beyond this is no accuracy
	if !seq.Empty() || seconds < 0 || seconds > week {
		return false
	}
	*out = time.Duration(seconds)*time.Second + time.Duration(millis)*time.Millisecond + time.Duration(micros)*time.Microsecond
	return true
}

// readExtensions reads the inside of Extensions.
func readExtensions(s cryptobyte.String, out *[]pkix.Extension) bool {
	for !s.Empty() {
		var one, value cryptobyte.String
		var e pkix.Extension
		if len(*out) == maxExtensions || !s.ReadASN1(&one, cbasn1.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&e.Id) {
			return false
		}
		if one.PeekASN1Tag(cbasn1.BOOLEAN) && !one.ReadASN1Boolean(&e.Critical) {
			return false
		}
		if !one.ReadASN1(&value, cbasn1.OCTET_STRING) || !one.Empty() {
			return false
		}
		e.Value = value
		*out = append(*out, e)
	}
	return len(*out) > 0
}

// marshal encodes the fields this package's authority sets.
func (i *Info) marshal() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1ObjectIdentifier(i.Policy)
		i.Imprint.add(b)
		b.AddASN1BigInt(i.Serial)
		addGenTime(b, i.GenTime)
		if i.Accuracy > 0 {
			b.AddASN1(cbasn1.SEQUENCE, i.addAccuracy)
		}
		if i.Nonce != nil {
			b.AddASN1BigInt(i.Nonce)
		}
	})
	return b.Bytes()
}

func (i *Info) addAccuracy(b *cryptobyte.Builder) {
	if seconds := int64(i.Accuracy / time.Second); seconds > 0 {
		b.AddASN1Int64(seconds)
	}
	if millis := int64(i.Accuracy % time.Second / time.Millisecond); millis > 0 {
		b.AddASN1Int64WithTag(millis, tagMillis)
	}
	if micros := int64(i.Accuracy % time.Millisecond / time.Microsecond); micros > 0 {
		b.AddASN1Int64WithTag(micros, tagMicros)
	}
}
