package timestamp

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"

	"eidgate/internal/cms"
)

// Authority makes time-stamps. Its fields are set before first use; it is then
// safe for concurrent use when Key, Serial and Random are.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	// Chain is sent along after the certificate when a request asks for
	// certificates.
	Chain []*x509.Certificate
	// Policy is the only policy offered.
	Policy asn1.ObjectIdentifier
	// Hash of the signature; zero means SHA-256.
	Hash crypto.Hash
	// Accuracy of the clock, to either side.
	Accuracy time.Duration
	// Serial gives a number that was never given before.
	Serial func() (*big.Int, error)
	Now    func() time.Time
	Random io.Reader
}

// refused is a request answered with a rejection.
type refused Failure

func (r refused) Error() string { return "time-stamp refused: " + failureText[Failure(r)] }

// Respond answers a request with a TimeStampResp. It always returns one; the
// error, for the log, says why it is a rejection.
func (a *Authority) Respond(der []byte) ([]byte, error) {
	token, err := a.respond(der)
	if err == nil {
		return grantedResponse(token), nil
	}
	failure := SystemFailure
	if r := refused(0); errors.As(err, &r) {
		failure = Failure(r)
	}
	return Refuse(failure), err
}

func (a *Authority) respond(der []byte) ([]byte, error) {
	req, err := ParseRequest(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", refused(BadDataFormat), err)
	}
	if err := a.admit(req); err != nil {
		return nil, err
	}
	serial, err := a.Serial()
	if err != nil {
		return nil, fmt.Errorf("numbering the time-stamp: %w", err)
	}
	info := Info{
		Policy: a.Policy, Imprint: req.Imprint, Serial: serial,
		GenTime: a.Now(), Accuracy: a.Accuracy, Nonce: req.Nonce,
	}
	return a.sign(&info, req.Certificates)
}

// admit says whether the request can be served.
func (a *Authority) admit(req *Request) error {
	switch {
	case req.Imprint.Hash == 0:
		return refused(BadAlgorithm)
	case !req.Imprint.fits():
		return refused(BadDataFormat)
	case req.Policy != nil && !req.Policy.Equal(a.Policy):
		return refused(UnacceptedPolicy)
	case len(req.Extensions) > 0:
		return refused(UnacceptedExtension)
	}
	if now := a.Now(); now.Before(a.Certificate.NotBefore) || now.After(a.Certificate.NotAfter) {
		return refused(TimeNotAvailable)
	}
	return nil
}

func (a *Authority) sign(info *Info, certificates bool) ([]byte, error) {
	content, err := info.marshal()
	if err != nil {
		return nil, fmt.Errorf("encoding the time-stamp: %w", err)
	}
	hash := a.Hash
	if hash == 0 {
		hash = crypto.SHA256
	}
	prepared, err := cms.Prepare(cms.Template{
		Hash: hash, Content: content, ContentType: cms.OIDTSTInfo,
		Certificate: a.Certificate, Chain: slices.Clone(a.Chain), OmitCertificates: !certificates,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the time-stamp: %w", err)
	}
	token, err := prepared.Sign(a.Random, a.Key)
	if err != nil {
		return nil, fmt.Errorf("signing the time-stamp: %w", err)
	}
	return token, nil
}
