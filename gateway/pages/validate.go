package pages

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/limits"
	"eidgate/gateway/problem"
	"eidgate/gateway/signing"
	"eidgate/gateway/web"
	"eidgate/internal/fault"
)

// What a form may hold that cannot be judged.
var (
	ErrForm  = fault.New("request.media-type", "this is not what the form sends", "Open the page and choose a file.")
	ErrField = fault.New("request.malformed", "the form holds a field twice, or one that is not its own", "Open the page and choose the files again.")
)

// formOverhead is what a form may have around its files, in bytes.
const formOverhead = 64 << 10

func (p *Pages) validateForm(c *gin.Context) {
	p.Renderer.Page(c, http.StatusOK, "validate", web.ValidateView{Limit: p.ValidateLimit})
}

// validate judges what the form sent and shows the report.
func (p *Pages) validate(c *gin.Context) {
	limits.Allow(c.Request, 2*p.ValidateLimit+formOverhead)
	files, err := p.receive(c.Request)
	defer files.close()
	if err != nil {
		problem.Abort(c, err)
		return
	}
	report, err := p.Judge.Validate(c.Request.Context(), files["document"], files["content"])
	if err != nil {
		problem.Abort(c, err)
		return
	}
	p.Renderer.Page(c, http.StatusOK, "report", web.NewReportView(report))
}

// received are the files of a form by their fields.
type received map[string]*signing.Spool

func (r received) close() {
	for _, file := range r {
		_ = file.Close() // it has no name, nothing of it stays
	}
}

// receive reads the form as a stream. What it received before an error is
// returned with it, to be closed.
func (p *Pages) receive(r *http.Request) (received, error) {
	files := make(received)
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		return files, ErrForm
	}
	form := limits.GuardForm(r)
	parts, err := r.MultipartReader()
	if err != nil {
		return files, fmt.Errorf("%w: %w", ErrForm, err)
	}
	for {
		part, err := form.Next(parts)
		if err == io.EOF { //nolint:errorlint // nothing else is the end
			return files, nil
		}
		if err != nil {
			return files, broken(err)
		}
		if err := p.field(files, part); err != nil {
			return files, err
		}
	}
}

// field takes one field. Browsers send a file input without a file as an empty
// file without a name.
func (p *Pages) field(files received, part *multipart.Part) error {
	name := part.FormName()
	if name != "document" && name != "content" || files[name] != nil {
		return ErrField
	}
	file, err := p.Judge.Receive(signing.FileName(part.FileName()), part)
	if err != nil {
		return broken(limits.CutShort(err))
	}
	if name == "content" && file.Size == 0 && file.Name == "" {
		return file.Close()
	}
	files[name] = file
	return nil
}

// broken keeps an error's own code, and a disk's trouble; what else goes wrong is
// the form's.
func broken(err error) error {
	var disk *fs.PathError
	if errors.As(err, &disk) || problem.From(err).Code != "internal" {
		return err
	}
	return fmt.Errorf("%w: %w", ErrField, err)
}
