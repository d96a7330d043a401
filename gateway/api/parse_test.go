package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eidgate/gateway/problem"
	"eidgate/gateway/signing"
	"eidgate/gateway/store"
)

func TestNegotiate(t *testing.T) {
	for accept, want := range map[string]string{
		"*/*": formJSON, "text/*": formText, "application/*": formJSON, "application/xml": formXML,
		"text/plain, application/json": formJSON, "application/json;q=0.1, text/plain": formText,
		"application/json;q=0, */*": formText, "text/html, application/xml;q=0.5": formXML,
		"image/png": "", "": "", "application/json;q=2": "", "nonsense": "", "*/*;q=0": "",
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/validations", http.NoBody)
		r.Header.Set("Accept", accept)
		if got, _ := negotiate(r); got != want {
			t.Errorf("Accept %q gives %q, want %q", accept, got, want)
		}
	}
}

// Every refusal of signing has a status of its own: none is answered as an error
// that nobody foresaw.
func TestStatuses(t *testing.T) {
	for status, errs := range map[int][]error{
		400: {signing.ErrLength, signing.ErrTruncated},
		401: {ErrKey},
		404: {signing.ErrNotFound, signing.ErrNoFile},
		406: {ErrNotAcceptable},
		409: {
			signing.ErrNoUpload, signing.ErrSuperseded, signing.ErrPrepared, signing.ErrNotReady, signing.ErrAnotherCard, signing.ErrNotPrepared,
			signing.ErrNoValue, signing.ErrCompletedAlready, signing.ErrNotCompleted, signing.ErrNoDocument, signing.ErrNoParts,
		},
		410: {signing.ErrExpired},
		413: {signing.ErrTooLarge, signing.ErrDocumentSize},
		415: {ErrMediaType},
		422: {
			signing.ErrFormat, signing.ErrFiles, signing.ErrDigest, signing.ErrKeyReused, signing.ErrCertificate, signing.ErrAlgorithm, signing.ErrWrongValue,
			signing.ErrUnknownKind, signing.ErrContentMissing, signing.ErrContentSurplus, signing.ErrDocumentMissing,
		},
		429: {signing.ErrTooMany},
		500: {signing.ErrSelfCheck, signing.ErrLost, signing.ErrConfigured},
		503: {store.ErrUnavailable, store.ErrBusy},
		507: {signing.ErrNoSpace, store.ErrFull},
	} {
		for _, err := range errs {
			if p := problem.From(err); p.Status != status || p.Code == "internal" {
				t.Errorf("%v is answered with %d %s, want %d", err, p.Status, p.Code, status)
			}
		}
	}
}

// Whatever oneReading lets pass is JSON in which no member hides another.
func FuzzOneReading(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"a":2}`, `[1,{"b":[null]}]`, `{"a":{"c":1},"b":{"c":1}}`, `1 2`, `{"\u0061":1,"a":2}`, strings.Repeat("[", 100)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if oneReading(text) != nil {
			return
		}
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatalf("%q passes and is not JSON: %v", text, err)
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := oneReading(again); err != nil {
			t.Errorf("%q passes, written again as %q it does not: %v", text, again, err)
		}
	})
}
