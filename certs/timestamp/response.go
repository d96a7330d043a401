package timestamp

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/certs"
)

// Failure is a bit of PKIFailureInfo: why an authority refused
// (RFC 3161 §2.4.2).
type Failure int

// The reasons RFC 3161 allows.
const (
	BadAlgorithm          Failure = 0
	BadRequest            Failure = 2
	BadDataFormat         Failure = 5
	TimeNotAvailable      Failure = 14
	UnacceptedPolicy      Failure = 15
	UnacceptedExtension   Failure = 16
	AdditionalUnavailable Failure = 17
	SystemFailure         Failure = 25
)

var failureText = map[Failure]string{
	BadAlgorithm: "the digest algorithm is not accepted", BadRequest: "the request is not accepted",
	BadDataFormat: "the request has the wrong format", TimeNotAvailable: "its clock is not available",
	UnacceptedPolicy: "the policy is not offered", UnacceptedExtension: "an extension is not supported",
	AdditionalUnavailable: "additional information is not available", SystemFailure: "it has a system failure",
}

// Statuses of PKIStatusInfo; only the first two come with a token.
const (
	granted         = 0
	grantedWithMods = 1
	rejection       = 2
)

// Refuse encodes a TimeStampResp with status rejection.
func Refuse(f Failure) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(rejection)
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(failureText[f])) })
			})
			b.AddASN1(cbasn1.BIT_STRING, func(b *cryptobyte.Builder) { b.AddBytes(namedBit(int(f))) })
		})
	})
	return b.BytesOrPanic()
}

// namedBit is the content of a BIT STRING with one named bit: trailing zero
// bits are left out (X.690 §11.2.2).
func namedBit(n int) []byte {
	bits := make([]byte, n/8+2)
	bits[0] = byte(7 - n%8)
	bits[n/8+1] = 0x80 >> (n % 8)
	return bits
}

func grantedResponse(token []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(granted) })
		b.AddBytes(token)
	})
	return b.BytesOrPanic()
}

// parseResponse reads TimeStampResp and returns the token's DER, or the
// authority's refusal with code "timestamp.rejected".
func parseResponse(der []byte) ([]byte, error) {
	s := cryptobyte.String(der)
	var seq, info, text, token cryptobyte.String
	var status int64
	var failure asn1.BitString
	var hasText bool
	if !s.ReadASN1(&seq, cbasn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1Integer(&status) ||
		!info.ReadOptionalASN1(&text, &hasText, cbasn1.SEQUENCE) {
		return nil, badResponse()
	}
	if !info.Empty() && (!info.ReadASN1BitString(&failure) || !info.Empty()) {
		return nil, badResponse()
	}
	if status != granted && status != grantedWithMods {
		return nil, rejected(failure)
	}
	if !seq.ReadASN1Element(&token, cbasn1.SEQUENCE) || !seq.Empty() {
		return nil, badResponse()
	}
	return token, nil
}

func badResponse() error {
	return certs.Refuse("timestamp.malformed-response", nil, "the answer of the time-stamp authority cannot be read")
}

func rejected(failure asn1.BitString) error {
	why := "it gives no reason"
	for f, text := range failureText {
		if failure.At(int(f)) == 1 {
			why = text
		}
	}
	return certs.Missing("timestamp.rejected", nil, "the time-stamp authority refuses: %s", why)
}
