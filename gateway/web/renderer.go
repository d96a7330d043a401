package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

//go:embed templates/*.html
var templates embed.FS

// Visitor is who asks for a page.
type Visitor struct {
	// Name is shown in the page's head; empty for nobody.
	Name string
	// Persona says that no card was used.
	Persona bool
}

// Options say whose pages these are.
type Options struct {
	// Sandbox puts a banner on every page: nothing here is binding.
	Sandbox bool
	// Visitor tells who asks; nil is nobody.
	Visitor func(*http.Request) Visitor
	Log     *slog.Logger
}

// Renderer makes pages. It is safe for several goroutines.
type Renderer struct {
	options     Options
	preferences preferences
	assets      assets
	languages   map[string]*edition
}

// edition is everything in one language.
type edition struct {
	texts catalogue
	pages map[string]*template.Template
}

// New reads templates, texts and static files.
func New(o Options) (*Renderer, error) {
	if o.Log == nil {
		return nil, errors.New("web: the renderer needs a log")
	}
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	r := &Renderer{options: o, preferences: newPreferences(), assets: files, languages: make(map[string]*edition)}
	for _, language := range Languages() {
		if r.languages[language], err = r.load(language); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// load parses every page for one language.
func (r *Renderer) load(language string) (*edition, error) {
	texts, err := loadCatalogue(language)
	if err != nil {
		return nil, err
	}
	e := &edition{texts: texts, pages: make(map[string]*template.Template)}
	base, err := template.New("").Funcs(r.functions(e, language)).
		ParseFS(templates, "templates/layout.html", "templates/part-*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the templates: %w", err)
	}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		page := strings.TrimSuffix(path.Base(name), ".html")
		if page == "layout" || strings.HasPrefix(page, "part-") {
			continue
		}
		copied, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if e.pages[page], err = copied.ParseFS(templates, name); err != nil {
			return nil, fmt.Errorf("reading the template of %s: %w", page, err)
		}
	}
	return e, nil
}

// functions are what templates may call.
func (r *Renderer) functions(e *edition, language string) template.FuncMap {
	l := locale{language}
	return template.FuncMap{
		"t":     e.texts.text,
		"has":   e.texts.has,
		"texts": e.texts.under,
		"asset": r.assets.url,
		"when":  l.when,
		"iso":   iso,
		"size":  l.size,
		"group": group,
	}
}

// group writes a hexadecimal text in groups of four, to compare by eye.
func group(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Mount serves the static files.
func (r *Renderer) Mount(router gin.IRouter) { r.assets.mount(router) }

// Page answers a request of gin's with a page; see [Renderer.Write].
func (r *Renderer) Page(c *gin.Context, status int, name string, view any) {
	r.Write(c.Writer, c.Request, status, name, view)
}

// Write answers with the page of that name. view is what its template reads.
// A page is written whole or not at all.
func (r *Renderer) Write(w http.ResponseWriter, req *http.Request, status int, name string, view any) {
	if r.preferences.chosen(w, req) {
		return
	}
	s := r.sheet(req, name, view)
	body, err := r.render(s, name)
	if err != nil {
		r.options.Log.ErrorContext(req.Context(), "a page could not be made", "page", name, "error", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", s.Language)
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	if req.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(body); err != nil { //nolint:gosec // html/template escaped what came from outside
		r.options.Log.DebugContext(req.Context(), "a page was not read to its end", "page", name, "error", err)
	}
}

func (r *Renderer) render(s *sheet, name string) ([]byte, error) {
	page := r.languages[s.Language].pages[name]
	if page == nil {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, "layout", s); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
