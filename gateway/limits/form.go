package limits

import (
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"

	"eidgate/internal/fault"
)

// ErrFormHead refuses what is no form, and forms that are nothing but heads.
var ErrFormHead = fault.New("request.malformed", "a part of the form has a head that cannot be read", "Send the form as a browser does.")

// formHead is how many bytes a part of a form may have before its content. The
// standard library takes 10 MiB, and holds them.
const formHead = 64 << 10

// Form is a request's body that holds a form of files.
type Form struct {
	body  io.ReadCloser
	left  int64
	ended bool   // the body did
	rest  string // what is given after its end
}

// GuardForm puts a request's body under the rules of forms.
func GuardForm(r *http.Request) *Form {
	f := &Form{body: r.Body, left: math.MaxInt64}
	r.Body = f
	return f
}

// FormOf is the form that a request's body was made by [GuardForm].
func FormOf(r *http.Request) (*Form, bool) {
	f, ok := r.Body.(*Form)
	return f, ok
}

// Next gives the next part as it was sent, and io.EOF after the last. A form
// that ends before its end is [ErrTruncated]; one that is otherwise wrong has a
// code as well.
func (f *Form) Next(form *multipart.Reader) (*multipart.Part, error) {
	f.left = formHead
	part, err := form.NextRawPart()
	f.left = math.MaxInt64
	err = CutShort(err)
	if err != nil && !errors.Is(err, io.EOF) && fault.CodeOf(err) == "" {
		err = fmt.Errorf("%w: %w", ErrFormHead, err)
	}
	return part, err
}

// CutShort names the error of a form that ends before its end; others stay as
// they are.
func CutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) && fault.CodeOf(err) == "" {
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return err
}

// Read ends with io.ErrUnexpectedEOF: mime/multipart stops reading at the end of
// the form, and takes an end in a part's head for it. Before that comes the line
// end that may be missing after the last boundary (RFC 2046 §5.1.1).
func (f *Form) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, ErrFormHead
	}
	if int64(len(p)) > f.left {
		p = p[:f.left]
	}
	if f.ended {
		return f.readRest(p)
	}
	n, err := f.body.Read(p)
	f.left -= int64(n)
	if !errors.Is(err, io.EOF) || fault.CodeOf(err) != "" {
		return n, err
	}
	f.ended, f.rest = true, lineEnd
	if n > 0 {
		return n, nil
	}
	return f.readRest(p)
}

func (f *Form) readRest(p []byte) (int, error) {
	if f.rest == "" {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

const lineEnd = "\r\n"

// Close closes the body.
func (f *Form) Close() error { return f.body.Close() }
