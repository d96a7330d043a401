package pades

import (
	"bytes"
	"fmt"
	"time"

	"eidgate/sign/internal/appearance"
	"eidgate/sign/internal/pdf"
)

// byteRangeWidth leaves room for four offsets of any size a file can have, so
// that the dictionary's length does not depend on them.
const byteRangeWidth = len("[0 ") + 3*20 + len("]")

// placement tells where in the finished file the signature goes.
type placement struct {
	size     int64  // of the document before signing
	update   []byte // appended, Contents filled with zeros
	contents int64  // file position of the Contents value, its bracket
	reserved int    // bytes of signature that fit
}

// total is the size of the finished file.
func (p *placement) total() int64 { return p.size + int64(len(p.update)) }

// gap is the length of the Contents value with its brackets.
func (p *placement) gap() int64 { return 2*int64(p.reserved) + 2 }

// byteRange covers all but the Contents value: ISO 32000-1 §12.8.1.
func (p *placement) byteRange() [4]int64 {
	after := p.contents + p.gap()
	return [4]int64{0, p.contents, after, p.total() - after}
}

// parts cuts the update at the Contents value.
func (p *placement) parts() (before, after []byte) {
	at := p.contents - p.size
	return p.update[:at], p.update[at+p.gap():]
}

// plan is what an update with an empty signature is to hold.
type plan struct {
	head     []byte // the dictionary's beginning
	reserved int    // bytes of signature
	target   *target
	draw     *appearance.Appearance // nil for an invisible signature
	certify  Permission
}

// place makes the incremental update.
func place(f *pdf.File, want plan) (*placement, error) {
	u, err := f.NewUpdate()
	if err != nil {
		return nil, err
	}
	sig := u.Alloc()
	head, err := withReferences(u, &want)
	if err != nil {
		return nil, err
	}
	text, byteRangeAt, contentsAt := finishDict(head, want.reserved)
	u.PutText(sig, text)
	if err := want.target.placeField(u, sig, want.draw); err != nil {
		return nil, err
	}
	if want.certify != 0 {
		if err := certify(u, sig); err != nil {
			return nil, err
		}
	}
	update, err := u.Finish()
	if err != nil {
		return nil, err
	}
	start := u.ValueAt(sig)
	p := &placement{size: f.Size(), update: update, contents: start + int64(contentsAt), reserved: want.reserved}
	copy(update[start-p.size+int64(byteRangeAt):], p.beforeContents())
	return p, nil
}

// withReferences adds what the signature permits others to the beginning of its
// dictionary.
func withReferences(u *pdf.Update, want *plan) ([]byte, error) {
	catalog, _, err := u.View().Catalog()
	if err != nil {
		return nil, err
	}
	head := bytes.Clone(want.head)
	if r := references(want.certify, want.target.lock, refOf(catalog)); r != nil {
		head = append(pdf.Append(append(head, "/Reference "...), r), '\n')
	}
	return head, nil
}

// beforeContents is the text from the ByteRange array to the Contents string.
func (p *placement) beforeContents() []byte {
	r := p.byteRange()
	array := fmt.Sprintf("[%d %d %d %d]", r[0], r[1], r[2], r[3])
	return fmt.Appendf(nil, "%-*s\n/Contents ", byteRangeWidth, array)
}

// signatureHead begins the signature dictionary of EN 319 142-1 §6.3.
func signatureHead(o *Options) []byte {
	var b bytes.Buffer
	b.WriteString("<<\n/Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n")
	fmt.Fprintf(&b, "/M (%s)\n", date(o.Time))
	for _, e := range []struct{ key, text string }{
		{"Name", o.Name}, {"Reason", o.Reason}, {"Location", o.Location}, {"ContactInfo", o.Contact},
	} {
		if e.text != "" {
			fmt.Fprintf(&b, "/%s %s\n", e.key, pdf.Append(nil, pdf.EncodeText(e.text)))
		}
	}
	return b.Bytes()
}

// timestampHead begins the dictionary of a document time-stamp: EN 319 142-1
// §5.4.3.
const timestampHead = "<<\n/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.RFC3161\n"

// finishDict adds room for the ByteRange array and the Contents string, and
// gives their places in the text.
func finishDict(head []byte, reserved int) (text []byte, byteRangeAt, contentsAt int) {
	b := bytes.NewBuffer(bytes.Clone(head))
	b.WriteString("/ByteRange ")
	byteRangeAt = b.Len()
	b.Write(bytes.Repeat([]byte(" "), byteRangeWidth))
	b.WriteString("\n/Contents ")
	contentsAt = b.Len()
	b.WriteByte('<')
	b.Write(bytes.Repeat([]byte("0"), 2*reserved))
	b.WriteString(">\n>>")
	return b.Bytes(), byteRangeAt, contentsAt
}

// date writes a time in UTC: ISO 32000-1 §7.9.4.
func date(t time.Time) string {
	return t.UTC().Format("D:20060102150405") + "+00'00'"
}
