package api_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/gin-gonic/gin"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/api"
	"eidgate/gateway/limits"
	"eidgate/gateway/problem"
	"eidgate/gateway/signing"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/rawsig"
	"eidgate/sign"
)

// world is the interface on an HTTPS server of its own, with a real PKI behind
// it. Every answer is held against the document.
type world struct {
	t       *testing.T
	pki     *pkitest.World
	server  *httptest.Server
	client  *http.Client // a browser
	program *http.Client // no cookies
	routes  routers.Router
	api     *api.API
}

const goodKey = "sk_test_good"

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, storetest.Open(t, storetest.SQLite(t)))
}

func newWorldOn(t *testing.T, s *store.Store) *world {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	if err := s.Migrate(t.Context(), map[string]fs.FS{"signing": signing.Migrations}); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, pki: pkitest.Start(t, nil)}
	service, err := signing.New(signing.Options{
		Database: s, Verifier: w.pki.Verifier(t), Intermediates: w.pki.Intermediates(), Timestamper: w.pki.Timestamps(),
		Record: func(context.Context, db.Querier, signing.Access) error { return nil },
		Limits: signing.Limits{File: 4 << 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.api, err = api.New(api.Options{
		Signing:   service,
		Validator: signing.NewValidator(sign.Trust{Store: w.pki.Store(t)}, 4<<20, t.TempDir(), 2),
		Keys: func(_ context.Context, key string) (*signing.Caller, error) {
			if key != goodKey {
				return nil, api.ErrKey
			}
			return &signing.Caller{Owners: []string{"key:1"}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.serve(t)
	return w
}

// serve stands in for the gateway's server: request ids and limits.
func (w *world) serve(t *testing.T) {
	t.Helper()
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	w.api.Mount(engine)
	rules := limits.Rules{Body: 1 << 20, Pause: 300 * time.Millisecond, Rate: 1, Grace: time.Minute}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Request-Id", "req_1")
		r = r.WithContext(problem.Set(r.Context(), &problem.Scene{RequestID: "req_1"}))
		guarded, r := limits.Guard(rw, r, rules)
		engine.ServeHTTP(guarded, r)
	}))
	w.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.program = w.server.Client()
	browser := *w.program
	browser.Jar = jar
	w.client = &browser
	w.readDocument(t)
}

// readDocument gets the document as callers do and uses it to judge answers.
func (w *world) readDocument(t *testing.T) {
	t.Helper()
	r := w.call(w.client, http.MethodGet, "/openapi.json", "", nil)
	document, err := openapi3.NewLoader().LoadFromData(r.body)
	if err != nil {
		t.Fatal(err)
	}
	if w.routes, err = gorillamux.NewRouter(document); err != nil {
		t.Fatal(err)
	}
}

// reply is an answer.
type reply struct {
	*http.Response
	body []byte
}

// problem is the answer as a problem.
func (r *reply) problem() (p problem.Problem) {
	_ = json.Unmarshal(r.body, &p)
	return p
}

// call sends a request and holds the answer against the document.
func (w *world) call(client *http.Client, method, path, kind string, body io.Reader, header ...string) *reply {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	r := &reply{response, content}
	w.conforms(request, r)
	return r
}

func (w *world) conforms(request *http.Request, r *reply) {
	w.t.Helper()
	if w.routes == nil {
		return
	}
	request.URL.Scheme, request.URL.Host = "", ""
	route, params, err := w.routes.FindRoute(request)
	if err != nil {
		return // not in the document
	}
	err = openapi3filter.ValidateResponse(w.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 r.StatusCode, Header: r.Header,
		Body:    io.NopCloser(bytes.NewReader(r.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: !slices.Contains([]string{"application/json", "application/problem+json"}, r.Header.Get("Content-Type"))},
	})
	if err != nil {
		w.t.Errorf("%s %s answers %d, which the document does not allow: %v", request.Method, request.URL.Path, r.StatusCode, err)
	}
	if r.Header.Get("Cache-Control") != "no-store" {
		w.t.Errorf("%s %s may be cached", request.Method, request.URL.Path)
	}
}

func (w *world) json(method, path string, body any, header ...string) *reply {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.call(w.client, method, path, "application/json", bytes.NewReader(text), header...)
}

// signature is what tests read of a signature.
type signature struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	ToSign struct {
		Hash         []byte `json:"hash"`
		HashFunction string `json:"hash_function"`
		ControlCode  string `json:"control_code"`
		Certificate  string `json:"certificate"`
	} `json:"to_sign"`
	Result struct {
		Name string `json:"name"`
		Size int64  `json:"size"`
	} `json:"result"`
}

func (w *world) signature(r *reply, status int) (s signature) {
	w.t.Helper()
	if r.StatusCode != status {
		w.t.Fatalf("status %d: %s", r.StatusCode, r.body)
	}
	if err := json.Unmarshal(r.body, &s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// card signs as Web eID does.
func (w *world) card(s signature) map[string]any {
	w.t.Helper()
	key := pkitest.Key(w.t, w.pki.Card.Signing)
	hash := map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384}[s.ToSign.HashFunction]
	der, err := key.Sign(rand.Reader, s.ToSign.Hash, hash)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := rawsig.FromDER(key.Public().(*ecdsa.PublicKey), der)
	if err != nil {
		w.t.Fatal(err)
	}
	return map[string]any{
		"signature":          base64.StdEncoding.EncodeToString(raw),
		"signatureAlgorithm": map[string]string{"cryptoAlgorithm": "ECC", "hashFunction": s.ToSign.HashFunction, "paddingScheme": "NONE"},
	}
}

func (w *world) certificate() string {
	return base64.StdEncoding.EncodeToString(pkitest.Certificate(w.t, w.pki.Card.Signing).Raw)
}

// form makes a multipart body of files by their field.
func form(t *testing.T, files ...string) (kind string, body *bytes.Buffer) {
	t.Helper()
	body = new(bytes.Buffer)
	m := multipart.NewWriter(body)
	for i := 0; i+1 < len(files); i += 2 {
		part, err := m.CreateFormFile(files[i], files[i]+".bin")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, files[i+1])
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), body
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
