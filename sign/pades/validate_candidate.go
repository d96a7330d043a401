package pades

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
)

// candidate is a signature on its way to a verdict.
type candidate struct {
	sig      pdf.Signature
	out      *sign.Signature
	profile  cades.Profile
	stamp    bool // a document time-stamp
	gone     bool // no longer in the document as it stands
	revision int  // that it covers
	message  *cms.SignedData
	der      []byte // the message
	digests  map[crypto.Hash][]byte
	notes    []string // rules of the baseline that are not kept
}

func newCandidate(s pdf.Signature) *candidate {
	c := &candidate{sig: s, revision: max(s.Revision, 0), digests: map[crypto.Hash][]byte{}}
	c.out = &sign.Signature{ID: s.Field.Name, Kind: sign.KindSignature, Format: "PAdES"}
	switch filter := s.Dict.Name("SubFilter"); filter {
	case "ETSI.CAdES.detached":
		c.profile = cades.InPDF
	case "adbe.pkcs7.detached":
		c.profile, c.out.Format = cades.Legacy, string(filter)
	case "ETSI.RFC3161":
		c.stamp, c.out.Kind, c.out.Format = true, sign.KindTimestamp, "RFC 3161"
	default:
		c.out.Format = string(filter)
		c.refuse("format", fmt.Errorf("%w: SubFilter %q", errSubFilter, string(filter)))
	}
	c.claims()
	return c
}

// good tells whether nothing was found against the signature so far.
func (c *candidate) good() bool { return c.out.Indication == "" }

// refuse ends the way to a verdict, unless an earlier refusal did.
func (c *candidate) refuse(check string, err error) {
	c.out.Checks = append(c.out.Checks, sign.FailedCheck(check, err))
	if c.good() {
		c.out.Verdict, c.out.Code, c.out.Sentence = sign.VerdictOf(err), fault.CodeOf(err), err.Error()
	}
}

func (c *candidate) pass(check, sentence string) {
	c.out.Checks = append(c.out.Checks, sign.Pass(check, sentence))
}

// claims reads what the signer says in the dictionary (ISO 32000-1 table 252).
func (c *candidate) claims() {
	text := func(key pdf.Name) string {
		s, _ := c.sig.Dict.Get(key).(pdf.String)
		return pdf.DecodeText(s.Bytes)
	}
	c.out.Claimed.Name, c.out.Claimed.Reason, c.out.Claimed.Location = text("Name"), text("Reason"), text("Location")
	if m, ok := c.sig.Dict.Get("M").(pdf.String); ok {
		c.out.Claimed.Time, _ = parseDate(string(m.Bytes))
	}
	if c.out.Claimed.Time.IsZero() && !c.stamp {
		c.notes = append(c.notes, "/M is missing or no date (EN 319 142-1 §6.3)")
	}
	if c.sig.Dict.Get("Cert") != nil {
		c.notes = append(c.notes, "/Cert is present (EN 319 142-1 §6.3)")
	}
}

// parseDate reads D:YYYYMMDDHHmmSSOHH'mm' (ISO 32000-1 §7.9.4); a time without
// a zone is taken as UTC.
func parseDate(text string) (time.Time, error) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "D:"), "'", "")
	for _, layout := range []string{"20060102150405-0700", "20060102150405Z0000", "20060102150405Z", "20060102150405-07", "20060102150405"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date", text)
}

// locate finds the bytes that are signed and proves that they are a revision of
// the document with nothing left out but the signature value.
func (c *candidate) locate(in io.ReaderAt, f *pdf.File) error {
	if !c.good() {
		return nil
	}
	for _, step := range []struct {
		name, sentence string
		run            func() error
	}{
		{"dictionary", "the signature dictionary is well made", c.checkDictionary},
		{"byte-range", "everything but the signature value is signed", func() error { return c.checkByteRange(in, f) }},
		{"revision", "the signed bytes are a revision of this document", func() error { return c.checkRevision(in, f) }},
		{"contents", "the signature value is one CMS message", func() error {
			if err := c.checkDigits(in); err != nil {
				return err
			}
			return c.checkContents()
		}},
	} {
		err := step.run()
		switch {
		case err == nil:
			c.pass(step.name, step.sentence)
		case fault.CodeOf(err) == "":
			return err // of reading
		default:
			c.refuse(step.name, err)
			return nil
		}
	}
	return nil
}

func (c *candidate) checkDictionary() error {
	d := c.sig.Dict
	if key := d.Repeated(); key != "" {
		return fmt.Errorf("%w: %s stands twice", revisions.ErrRepeated, key)
	}
	if t := d.Name("Type"); d.Get("Type") != nil && t != "Sig" && t != "DocTimeStamp" {
		return fmt.Errorf("%w: its type is %q", errDictionary, string(t))
	}
	if c.sig.Object == nil || c.sig.Object.Start < 0 {
		return fmt.Errorf("%w: it is no object of its own in the file", errDictionary)
	}
	if _, direct := d.Get("ByteRange").(pdf.Array); !direct {
		return fmt.Errorf("%w: it is not in the signature dictionary", errByteRange)
	}
	if c.sig.ContentsStart < 0 || !c.sig.ContentsHex {
		return errContents
	}
	return nil
}

// checkDigits wants nothing but hexadecimal digits between the brackets, two
// for each byte: these are the only bytes of the document that are not signed.
func (c *candidate) checkDigits(in io.ReaderAt) error {
	if c.sig.ContentsEnd-c.sig.ContentsStart != 2*int64(len(c.sig.Contents))+2 {
		return errContents
	}
	var digits [4 << 10]byte
	for at, end := c.sig.ContentsStart+1, c.sig.ContentsEnd-1; at < end; at += int64(len(digits)) {
		part := digits[:min(int64(len(digits)), end-at)]
		if n, err := in.ReadAt(part, at); err != nil && n < len(part) {
			return fmt.Errorf("reading the document: %w", err)
		}
		if _, err := hex.Decode(part, part); err != nil {
			return fmt.Errorf("%w: %w", errContents, err)
		}
	}
	return nil
}

func (c *candidate) checkContents() error {
	message, rest, err := cms.ParsePrefix(c.sig.Contents)
	if err != nil {
		return err
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return errPadding
	}
	c.message = message
	c.der = c.sig.Contents[:len(c.sig.Contents)-len(rest)]
	return nil
}
