package zipfile

import (
	"bytes"
	"fmt"
	"strings"
)

// Where PDF readers look for a PDF: its header in the first bytes of a file,
// and the way to its table of objects in the last (ISO 32000-1 annex H.3, notes
// 13 and 18).
const (
	pdfHead = 1024
	pdfTail = 2048
)

// checkPolyglot refuses an archive that shows a document of its own when it is
// opened as a PDF: fields, comments and signature files hold whatever anyone puts
// there. Only the content of a file, which is signed, may look like a PDF.
func (a *Archive) checkPolyglot() error {
	head, err := a.read(0, min(pdfHead, a.size))
	if err != nil {
		return err
	}
	from := max(0, a.size-pdfTail)
	tail, err := a.read(from, a.size-from)
	if err != nil {
		return err
	}
	for _, look := range []struct {
		in   []byte
		at   int64
		mark string
	}{{head, 0, "%PDF-"}, {tail, from, "startxref"}} {
		for i := 0; ; i++ {
			j := bytes.Index(look.in[i:], []byte(look.mark))
			if j < 0 {
				break
			}
			i += j
			if !a.inFile(look.at + int64(i)) {
				return fmt.Errorf("%w: it has the parts of a PDF", ErrPolyglot)
			}
		}
	}
	return nil
}

// inFile tells whether a byte belongs to a data file's content.
func (a *Archive) inFile(at int64) bool {
	for _, e := range a.Entries {
		if at >= e.content && at < e.content+e.compressed {
			return !strings.HasPrefix(e.Name, "META-INF/")
		}
	}
	return false
}
