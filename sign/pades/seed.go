package pades

import (
	"crypto"
	"fmt"
	"slices"

	"eidgate/internal/fault"
	"eidgate/sign/internal/pdf"
)

// What a field's seed value demands and the signature does not have: ISO
// 32000-2 §12.7.5.5. Each constraint has a code of its own.
var (
	ErrSeedFilter = fault.New("pades.seed-filter", "the field wants a signature program that this one is not",
		"Sign with the program that the document's author names, or leave the field name out.")
	ErrSeedSubFilter = fault.New("pades.seed-subfilter", "the field wants another signature format than PAdES",
		"Ask the author for a document that allows ETSI.CAdES.detached, or leave the field name out.")
	ErrSeedVersion = fault.New("pades.seed-version", "the field wants a newer signature program",
		"Ask the author for a document without this demand, or leave the field name out.")
	ErrSeedReasons = fault.New("pades.seed-reasons", "the field wants one of its own reasons, or none",
		"Give one of the reasons that the field lists, word for word, or leave the reason out when it lists none.")
	ErrSeedLegal = fault.New("pades.seed-legal", "the field wants a legal attestation, which is not supported",
		"Ask the author for a document without this demand, or leave the field name out.")
	ErrSeedRevocation = fault.New("pades.seed-revocation", "the field wants proof that the certificate was not revoked",
		"Sign at level LT or LTA.")
	ErrSeedDigest = fault.New("pades.seed-digest", "the field does not allow the hash function",
		"Use SHA-256, SHA-384 or SHA-512, whichever the field lists.")
	ErrSeedLockDocument = fault.New("pades.seed-lock-document", "the field wants the document closed after signing, which is not supported",
		"Ask the author for a field with a Lock instead, or leave the field name out.")
	ErrSeedAppearance = fault.New("pades.seed-appearance", "the field wants an appearance by its name, which is not supported",
		"Ask the author for a document without this demand, or leave the field name out.")
	ErrSeedMDP = fault.New("pades.seed-mdp", "the field wants another kind of signature: certifying, or not",
		"Certify with the permission that the field names, or do not certify.")
	ErrSeedTimestamp = fault.New("pades.seed-timestamp", "the field wants a time-stamp",
		"Sign at level T or higher.")
	ErrSeedCertificate = fault.New("pades.seed-certificate", "the field wants another signer",
		"Sign with a certificate that the document's author allows, or leave the field name out.")
	ErrSeedUnknown = fault.New("pades.seed-unknown", "the field has a demand that is not known",
		"Ask the author for a document without this demand, or leave the field name out.")
)

// Bits of a seed value's Ff: what is a demand and not a suggestion (ISO 32000-2
// table 237).
const (
	seedFilter = 1 << iota
	seedSubFilter
	seedV
	seedReasons
	seedLegal
	seedRevocation
	seedDigest
	seedLockDocument
	seedAppearance
	seedKnown = iota
)

// newestSeed is the newest version of seed values that is understood: PDF 2.0.
const newestSeed = 3

// seed is a seed value dictionary with its values resolved.
type seed struct {
	v     *pdf.View
	dict  pdf.Dict
	flags int64
}

// keepSeed refuses what the seed value of the field demands and o does not
// keep. When o names no hash function it takes the first that the field allows.
func (o *Options) keepSeed(v *pdf.View, field pdf.Dict) error {
	d, err := v.Dict(field.Get("SV"))
	if err != nil || d == nil {
		return err
	}
	s := seed{v: v, dict: d}
	flags, err := v.Resolve(d.Get("Ff"))
	if err != nil {
		return err
	}
	switch n := flags.(type) {
	case nil:
	case pdf.Integer:
		s.flags = int64(n)
	default:
		return fmt.Errorf("%w: Ff is no number", ErrSeedUnknown)
	}
	if s.flags < 0 || s.flags>>seedKnown != 0 {
		return fmt.Errorf("%w: Ff is %d", ErrSeedUnknown, s.flags)
	}
	for _, keep := range []func(*Options) error{
		s.keepProgram, s.keepReasons, s.keepDigest, s.keepLevel, s.keepMDP, s.keepUnsupported, s.keepCertificate,
	} {
		if err := keep(o); err != nil {
			return err
		}
	}
	return nil
}

// wants tells whether a key is there and demanded.
func (s *seed) wants(bit int64, key pdf.Name) (pdf.Object, bool, error) {
	value, err := s.v.Resolve(s.dict.Get(key))
	return value, value != nil && s.flags&bit != 0, err
}

// keepProgram looks at Filter, SubFilter and V.
func (s *seed) keepProgram(*Options) error {
	filter, wanted, err := s.wants(seedFilter, "Filter")
	if err != nil {
		return err
	}
	if wanted && filter != pdf.Name("Adobe.PPKLite") {
		return fmt.Errorf("%w: %v", ErrSeedFilter, filter)
	}
	formats, wanted, err := s.wants(seedSubFilter, "SubFilter")
	if err != nil {
		return err
	}
	if list, _ := formats.(pdf.Array); wanted && !slices.Contains(list, pdf.Object(pdf.Name("ETSI.CAdES.detached"))) {
		return ErrSeedSubFilter
	}
	version, wanted, err := s.wants(seedV, "V")
	if err != nil {
		return err
	}
	if n, ok := pdf.Number(version); wanted && (!ok || n > newestSeed) {
		return fmt.Errorf("%w: version %v", ErrSeedVersion, version)
	}
	return nil
}

// keepReasons wants one of the reasons, or none when the list is empty or holds
// a lone full stop.
func (s *seed) keepReasons(o *Options) error {
	value, _, err := s.wants(seedReasons, "Reasons")
	if err != nil || s.flags&seedReasons == 0 {
		return err
	}
	list, _ := value.(pdf.Array)
	texts, err := s.texts(list)
	if err != nil {
		return err
	}
	none := len(texts) == 0 || len(texts) == 1 && texts[0] == "."
	if none && o.Reason != "" || !none && !slices.Contains(texts, o.Reason) {
		return fmt.Errorf("%w: %q", ErrSeedReasons, texts[:min(len(texts), 10)])
	}
	return nil
}

// texts reads an array of text strings.
func (s *seed) texts(list pdf.Array) ([]string, error) {
	var out []string
	for _, item := range list {
		value, err := s.v.Resolve(item)
		if err != nil {
			return nil, err
		}
		text, ok := value.(pdf.String)
		if !ok {
			return nil, fmt.Errorf("%w: a list of texts holds something else", ErrField)
		}
		out = append(out, pdf.DecodeText(text.Bytes))
	}
	return out, nil
}

// seedHashes are the hash functions by the names of ISO 32000-2 table 237.
var seedHashes = map[string]crypto.Hash{"SHA256": crypto.SHA256, "SHA384": crypto.SHA384, "SHA512": crypto.SHA512}

// keepDigest chooses the hash function, or checks the caller's choice.
func (s *seed) keepDigest(o *Options) error {
	value, wanted, err := s.wants(seedDigest, "DigestMethod")
	if err != nil || value == nil {
		return err
	}
	list, _ := value.(pdf.Array)
	names, err := s.texts(list)
	if err != nil {
		return err
	}
	for _, name := range names {
		if h, known := seedHashes[name]; known && (o.Hash == 0 || o.Hash == h) {
			o.Hash = h
			return nil
		}
	}
	if wanted {
		return fmt.Errorf("%w: it lists %q", ErrSeedDigest, names[:min(len(names), 10)])
	}
	return nil
}

// keepLevel looks at TimeStamp and AddRevInfo. Proof of revocation stands in the
// document's validation data: a PAdES signature must not hold it itself (EN 319
// 142-1 §6.3).
func (s *seed) keepLevel(o *Options) error {
	stamp, err := s.v.Dict(s.dict.Get("TimeStamp"))
	if err != nil {
		return err
	}
	demand, err := s.v.Resolve(stamp.Get("Ff"))
	if err != nil {
		return err
	}
	if demand != nil && demand != pdf.Integer(0) && o.Timestamper == nil && o.TimestampSpace == 0 {
		return ErrSeedTimestamp
	}
	revocation, wanted, err := s.wants(seedRevocation, "AddRevInfo")
	if err != nil {
		return err
	}
	if wanted && revocation != false && o.Evidence == nil {
		return ErrSeedRevocation
	}
	return nil
}

// keepMDP: P 0 wants a signature that does not certify, 1 to 3 one that does
// with this permission. It is always a demand.
func (s *seed) keepMDP(o *Options) error {
	value, err := s.v.Resolve(s.dict.Get("MDP"))
	if err != nil || value == nil {
		return err
	}
	mdp, ok := value.(pdf.Dict)
	if !ok {
		return fmt.Errorf("%w: MDP is no dictionary", ErrSeedMDP)
	}
	p, err := s.v.Resolve(mdp.Get("P"))
	if err != nil {
		return err
	}
	if p != pdf.Integer(o.Certify) {
		return fmt.Errorf("%w: permission %v", ErrSeedMDP, p)
	}
	return nil
}

// keepUnsupported refuses demands that cannot be kept.
func (s *seed) keepUnsupported(*Options) error {
	_, legal, err := s.wants(seedLegal, "LegalAttestation")
	if err != nil {
		return err
	}
	lock, locks, err := s.wants(seedLockDocument, "LockDocument")
	if err != nil {
		return err
	}
	_, appearance, err := s.wants(seedAppearance, "AppearanceFilter")
	switch {
	case err != nil:
		return err
	case legal:
		return ErrSeedLegal
	case locks && lock != pdf.Name("false") && lock != pdf.Name("auto"):
		return ErrSeedLockDocument
	case appearance:
		return ErrSeedAppearance
	}
	return nil
}
