// Package apitest signs over the HTTP interface with a key in software in the
// place of the card, as a page does it with Web eID.
package apitest

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"eidgate/internal/rawsig"
)

// Signer is a browser with a card.
type Signer struct {
	URL         string       // of the service
	HTTP        *http.Client // with a cookie jar
	Key         crypto.Signer
	Certificate *x509.Certificate
}

// File is a file to sign.
type File struct {
	Name    string
	Content []byte
}

// Signature is what a signer needs of the interface's answers.
type Signature struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	ToSign struct {
		Hash         []byte `json:"hash"`
		HashFunction string `json:"hash_function"`
		ControlCode  string `json:"control_code"`
	} `json:"to_sign"`
	Result struct {
		Name string `json:"name"`
	} `json:"result"`
}

// Problem is an answer that refuses.
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// Sign goes all the way and gives the signed document. format and mode are the
// interface's.
func (s *Signer) Sign(ctx context.Context, format, mode string, files ...File) ([]byte, error) {
	got, err := s.Begin(ctx, format, mode, files...)
	if err != nil {
		return nil, err
	}
	if got, err = s.Prepare(ctx, got.ID); err != nil {
		return nil, err
	}
	if got, err = s.Complete(ctx, got); err != nil {
		return nil, err
	}
	if mode == "digests" {
		return s.Assemble(ctx, got.ID, files)
	}
	return s.Download(ctx, got.ID)
}

// Download gets the signed document.
func (s *Signer) Download(ctx context.Context, id string) ([]byte, error) {
	return s.call(ctx, http.MethodGet, "/v1/signatures/"+id+"/document", "", nil)
}

// Begin creates a signature and uploads its files.
func (s *Signer) Begin(ctx context.Context, format, mode string, files ...File) (*Signature, error) {
	type file struct {
		Name   string `json:"name"`
		Size   int    `json:"size"`
		SHA256 string `json:"sha256,omitempty"`
	}
	var announced []file
	for _, f := range files {
		sum := sha256.Sum256(f.Content)
		announced = append(announced, file{f.Name, len(f.Content), hex.EncodeToString(sum[:])})
	}
	got, err := s.post(ctx, "/v1/signatures", map[string]any{"format": format, "mode": mode, "files": announced})
	if err != nil || mode == "digests" {
		return got, err
	}
	for i, f := range files {
		path := fmt.Sprintf("/v1/signatures/%s/files/%d", got.ID, i)
		if _, err := s.call(ctx, http.MethodPut, path, "application/octet-stream", bytes.NewReader(f.Content)); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// Prepare gets the hash for the card.
func (s *Signer) Prepare(ctx context.Context, id string) (*Signature, error) {
	return s.post(ctx, "/v1/signatures/"+id+"/prepare", map[string]any{"certificate": base64.StdEncoding.EncodeToString(s.Certificate.Raw)})
}

// Value is what the card answers, as Web eID gives it.
func (s *Signer) Value(got *Signature) (string, error) {
	hash := map[string]crypto.Hash{"SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}[got.ToSign.HashFunction]
	value, err := s.Key.Sign(rand.Reader, got.ToSign.Hash, hash)
	if err != nil {
		return "", err
	}
	if key, ok := s.Key.Public().(*ecdsa.PublicKey); ok {
		if value, err = rawsig.FromDER(key, value); err != nil {
			return "", err
		}
	}
	return base64.StdEncoding.EncodeToString(value), nil
}

// Complete signs and gives the value.
func (s *Signer) Complete(ctx context.Context, got *Signature) (*Signature, error) {
	value, err := s.Value(got)
	if err != nil {
		return nil, err
	}
	return s.post(ctx, "/v1/signatures/"+got.ID+"/complete", map[string]any{"signature": value})
}

// Assemble makes the container of files that never left, as the page does.
func (s *Signer) Assemble(ctx context.Context, id string, files []File) ([]byte, error) {
	text, err := s.call(ctx, http.MethodGet, "/v1/signatures/"+id+"/parts", "", nil)
	if err != nil {
		return nil, err
	}
	var got struct {
		Parts []File `json:"parts"`
	}
	if err := json.Unmarshal(text, &got); err != nil || len(got.Parts) == 0 {
		return nil, fmt.Errorf("reading the parts %q: %w", text, err)
	}
	entries := append([]File{got.Parts[0]}, files...)
	return zipOf(append(entries, got.Parts[1:]...))
}

// zipOf writes the entries, all stored.
func zipOf(entries []File) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.Name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(e.Content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (s *Signer) post(ctx context.Context, path string, body any) (*Signature, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	answer, err := s.call(ctx, http.MethodPost, path, "application/json", bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	got := new(Signature)
	return got, json.Unmarshal(answer, got)
}

// call sends a request; a refusal is a [*Problem].
func (s *Signer) call(ctx context.Context, method, path, kind string, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := s.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode < http.StatusBadRequest {
		return answer, err
	}
	p := new(Problem)
	if err := json.Unmarshal(answer, p); err != nil {
		return nil, fmt.Errorf("status %d: %s", response.StatusCode, answer)
	}
	return nil, p
}

// Repeat completes with the value that is kept.
func (s *Signer) Repeat(ctx context.Context, id string) error {
	_, err := s.post(ctx, "/v1/signatures/"+id+"/complete", struct{}{})
	return err
}

// Announce creates a signature of one file that is not here, and gives its id.
func (s *Signer) Announce(ctx context.Context, format, name string, size int) (string, error) {
	got, err := s.post(ctx, "/v1/signatures", map[string]any{"format": format, "files": []any{map[string]any{"name": name, "size": size}}})
	if err != nil {
		return "", err
	}
	return got.ID, nil
}
