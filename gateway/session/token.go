package session

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
)

// Cookies. The prefix makes browsers refuse them unless they are Secure, for
// the whole site and for this host alone (RFC 6265bis §4.1.3.2).
const (
	// CookieName is the cookie of sessions.
	CookieName    = "__Host-session"
	sessionCookie = CookieName
	loginCookie   = "__Host-login"
)

// secretSize of a cookie's value, in bytes.
const secretSize = 32

// secret is the value of a cookie. The database knows its hash.
type secret [secretSize]byte

func newSecret(random io.Reader) (s secret, err error) {
	_, err = io.ReadFull(random, s[:])
	return s, err
}

func (s secret) hash() []byte {
	h := sha256.Sum256(s[:])
	return h[:]
}

// secretOf reads a cookie of a request.
func secretOf(r *http.Request, name string) (s secret, ok bool) {
	cookie, err := r.Cookie(name)
	if err != nil {
		return s, false
	}
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(b) != secretSize {
		return s, false
	}
	return secret(b), true
}

func setCookie(w http.ResponseWriter, name string, s secret, site http.SameSite) {
	http.SetCookie(w, &http.Cookie{ // #nosec G124 -- SameSite is the argument
		Name: name, Value: base64.RawURLEncoding.EncodeToString(s[:]), Path: "/", Secure: true, HttpOnly: true, SameSite: site,
	})
}

func dropCookie(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
