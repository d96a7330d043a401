package evidence

import (
	"context"
	"crypto/x509"
	"io"
	"strconv"
	"strings"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/timestamp"
	"eidgate/xroad"
)

// Report is what a valid container proves.
type Report struct {
	// Signer is the member whose certificate signed.
	Signer xroad.ClientID
	// Certificate of the signer.
	Certificate *x509.Certificate
	// Time of the time-stamp, by which the message was signed; Authority
	// stamped it.
	Time      time.Time
	Authority *x509.Certificate
	// Covered are the files signed, of the container or not.
	Covered []string
	// Missing are signed attachments that are not in the container, by their
	// names, with their digests.
	Missing map[string][]byte
	// Message is the message as signed.
	Message []byte
}

// Verify judges a container. The error is a [*Refusal] with X-Road's code, one
// of sign/asic about the archive, or one of reading.
func Verify(ctx context.Context, in io.ReaderAt, size int64, conf *Configuration) (*Report, error) {
	c, err := open(in, size)
	if err != nil {
		return nil, err
	}
	s, err := readSignature(c)
	if err != nil {
		return nil, err
	}
	r := &Report{Certificate: s.certificate, Missing: map[string][]byte{}, Message: c[nameMessage]}
	if err := s.cover(c, r); err != nil {
		return nil, err
	}
	if name := c.foreign(); name != "" {
		return nil, refuse(CodeMalformed, nil, "%q is in the container and signed by nobody", name)
	}
	if err := s.stamped(ctx, c, conf, r); err != nil {
		return nil, err
	}
	if err := s.trusted(ctx, conf, r); err != nil {
		return nil, err
	}
	if err := r.checkSigner(); err != nil {
		return nil, err
	}
	return r, nil
}

// cover sees that message and attachments are signed, by the signature itself
// or by the hash chain it signs the result of.
func (s *signature) cover(c container, r *Report) error {
	signed, chain := s.files, &Covered{}
	if s.files["/"+nameSigResult] {
		if len(s.files) != 1 {
			return refuse(CodeMalformed, nil, "files are signed beside a hash chain")
		}
		covered, err := VerifyChain(c[nameSigResult], c[nameSigChain], "/"+nameSigChain, c.input)
		if err != nil {
			return err
		}
		signed, chain = covered.Used, covered
		for uri, digest := range covered.Missing {
			if !strings.HasPrefix(uri, "/attachment") {
				return refuse(CodeHashChainRef, nil, "%s is signed and not in the container", uri)
			}
			r.Missing[uri[1:]] = digest
		}
	}
	if !signed["/"+nameMessage] || c[nameMessage] == nil {
		return refuse(CodeHashChainUnused, nil, "the message is not signed")
	}
	for _, name := range c.payload() {
		if !signed["/"+name] {
			return refuse(CodeHashChainUnused, nil, "%q is not signed", name)
		}
	}
	if err := chain.inOrder(); err != nil {
		return err
	}
	for uri := range signed {
		r.Covered = append(r.Covered, strings.TrimPrefix(uri, "/"))
	}
	return nil
}

// inOrder sees that message and attachments have the places of a message and
// its attachments, all of them in one step. The digest of a step binds neither
// names nor transforms: without this rule an attachment could be shown as the
// message, and a message with comments as the one without.
func (c *Covered) inOrder() error {
	for i, r := range c.refs {
		name := "/" + nameMessage
		if i > 0 {
			name = "/attachment" + strconv.Itoa(i)
		}
		several := len(c.refs) > 1
		switch {
		case r.canonical:
			return refuse(CodeHashChain, nil, "%s is signed in another form than it has", r.uri)
		case r.uri != name, several && (r.step != c.refs[0].step || r.place != i || r.values != len(c.refs)):
			return refuse(CodeHashChainRef, nil, "%s is not in its place", r.uri)
		}
	}
	return nil
}

// stamped verifies the time-stamp: over the signature value, or over the result
// of a hash chain that the file of signatures is part of.
func (s *signature) stamped(ctx context.Context, c container, conf *Configuration, r *Report) error {
	tokens, err := s.values("SignatureTimeStamp", "EncapsulatedTimeStamp")
	if err != nil {
		return err
	}
	var text []byte
	switch {
	case len(tokens) == 1 && c[nameToken] == nil:
		text = s.xml.Value // the bytes, where XAdES has the canonical element
	case len(tokens) == 0 && c[nameToken] != nil:
		covered, err := VerifyChain(c[nameTSResult], c[nameTSChain], "/"+nameTSChain, c.input)
		if err != nil {
			return err
		}
		if !covered.Used["/"+nameSignatures] || covered.Missing["/"+nameSignatures] != nil {
			return refuse(CodeHashChainUnused, nil, "the signature is not in the time-stamped hash chain")
		}
		tokens, text = [][]byte{c[nameToken]}, c[nameTSResult]
	default:
		return refuse(CodeTimestamp, nil, "there is not exactly one time-stamp")
	}
	token, err := timestamp.Parse(tokens[0])
	if err != nil {
		return refuse(CodeTimestamp, err, "the time-stamp cannot be read")
	}
	hash := token.Imprint.Hash
	if hash == 0 || !hash.Available() {
		return refuse(CodeTimestamp, nil, "the time-stamp is made with a weak digest")
	}
	h := hash.New()
	h.Write(text)
	v := conf.verifier(nil, token.GenTime) // approved authorities are anchors themselves
	path, err := token.Verify(ctx, v, timestamp.Expected{Hash: hash, Digest: h.Sum(nil), Certificates: append(conf.helpers, token.Certificates...)})
	if err != nil {
		return refuse(CodeTimestamp, err, "the time-stamp does not hold")
	}
	r.Time, r.Authority = token.GenTime.UTC(), path.Certificates[0]
	return nil
}

// verifier judges at a proven time.
func (conf *Configuration) verifier(r certs.Revocation, at time.Time) *certs.Verifier {
	return &certs.Verifier{Store: conf.store, Revocation: r, Now: func() time.Time { return at }}
}

// trusted verifies the signer's certificate at the time of the time-stamp by
// the OCSP responses inside.
func (s *signature) trusted(ctx context.Context, conf *Configuration, r *Report) error {
	responses, err := s.values("RevocationValues", "OCSPValues", "EncapsulatedOCSPValue")
	if err != nil {
		return err
	}
	_, err = conf.verifier(&ocsp.Responses{DER: responses, Responder: conf}, r.Time).Verify(ctx, certs.Request{
		Certificate: s.certificate, Intermediates: append(conf.helpers, s.chain...), Purpose: certs.ExchangeSigning,
		Revocation: certs.RevocationRequired, At: r.Time,
	})
	if err != nil {
		return refuse(CodeCertificate, err, "the signing certificate is not accepted")
	}
	if r.Signer, err = memberOf(s.certificate); err != nil {
		return err
	}
	if r.Signer.Instance != conf.Instance {
		return refuse(CodeWrongSigner, nil, "the signer is of the instance %q", r.Signer.Instance)
	}
	return nil
}
