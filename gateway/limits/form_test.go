package limits_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eidgate/gateway/limits"
	"eidgate/internal/fault"
)

// TestForms: parts of any size pass, heads of any size do not, and a form that
// is cut off is not taken for one that ended.
func TestForms(t *testing.T) {
	const head = "--b\r\nContent-Disposition: form-data; name=\"document\"\r\n"
	for name, test := range map[string]struct {
		body  string
		sizes string
		code  string
	}{
		"no part":           {"--b--\r\n", "", ""},
		"two":               {head + "\r\nabc\r\n" + head + "\r\n\r\n--b--\r\n", "3 0 ", ""},
		"a large one":       {head + "\r\n" + strings.Repeat("x", 1<<20) + "\r\n--b--\r\n", "1048576 ", ""},
		"as it was sent":    {head + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=41=42\r\n--b--\r\n", "6 ", ""},
		"nothing":           {"", "", "request.truncated"},
		"no last line end":  {head + "\r\nabc\r\n--b--", "3 ", ""},
		"something after":   {head + "\r\nabc\r\n--b--\r\nthe end", "3 ", ""},
		"cut in a head":     {head, "", "request.truncated"},
		"cut in a part":     {head + "\r\nabc", "", "request.truncated"},
		"no end":            {head + "\r\nabc\r\n", "", "request.truncated"},
		"cut after a part":  {head + "\r\nabc\r\n--b", "3 ", "request.truncated"},
		"an endless line":   {head + "X: " + strings.Repeat("x", 1<<20) + "\r\n\r\nabc\r\n--b--\r\n", "", "request.malformed"},
		"endless lines":     {head + strings.Repeat("X: y\r\n", 20_000) + "\r\nabc\r\n--b--\r\n", "", "request.malformed"},
		"before the parts":  {strings.Repeat("x", 1<<20) + "\r\n" + head + "\r\nabc\r\n--b--\r\n", "", "request.malformed"},
		"the second's head": {head + "\r\nabc\r\n" + head + "X: " + strings.Repeat("x", 1<<20), "3 ", "request.malformed"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		form := limits.GuardForm(r)
		parts, err := r.MultipartReader()
		if err != nil {
			t.Fatal(err)
		}
		sizes := ""
		for err == nil {
			var n int64
			part, e := form.Next(parts)
			if err = e; err == nil {
				n, err = io.Copy(io.Discard, part)
				err = limits.CutShort(err)
			}
			if err == nil {
				sizes += fmt.Sprint(n, " ")
			}
		}
		if fault.CodeOf(err) != test.code || test.code == "" && !errors.Is(err, io.EOF) || sizes != test.sizes {
			t.Errorf("%s: parts of %q, %v", name, sizes, err)
		}
		if again, ok := limits.FormOf(r); !ok || again != form {
			t.Errorf("%s: the request does not know its form", name)
		}
	}
}
