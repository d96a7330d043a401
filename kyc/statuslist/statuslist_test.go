package statuslist_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/fault"
	"eidgate/internal/jws"
	"eidgate/kyc/statuslist"
)

const uri = "https://kyc.example/statuslists/1"

type world struct {
	issuer   *statuslist.Issuer
	sign     func(payload any) string
	verifier *statuslist.Verifier
	leaf     *x509.Certificate
	pki      *pkitest.World
	now      time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{pki: pkitest.Start(t, nil), now: time.Now()}
	key, leaf, err := w.pki.IssueAttestation(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	w.leaf = leaf
	chain := []*x509.Certificate{leaf, w.pki.IssuingCA()}
	if w.issuer, err = statuslist.NewIssuer("kyc-1", key, chain, rand.Reader); err != nil {
		t.Fatal(err)
	}
	w.sign = func(payload any) string { return w.signAs(t, key, chain, payload) }
	store, err := certs.NewStore(certs.Test, w.pki.Root())
	if err != nil {
		t.Fatal(err)
	}
	w.verifier = &statuslist.Verifier{Trust: &certs.Verifier{Store: store}, Now: func() time.Time { return w.now }}
	return w
}

// signAs signs a list with any key and chain.
func (w *world) signAs(t testing.TB, key crypto.Signer, chain []*x509.Certificate, payload any) string {
	t.Helper()
	signer, err := jws.NewSigner(key, statuslist.Type, "", chain)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(rand.Reader, text)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// The two lists of the draft's section 4.1, by their statuses and not by their
// compressed bytes, which compressors may choose.
func TestVectorsOfTheDraft(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		bits int
		list string
		want []statuslist.Status
	}{
		{1, "eNrbuRgAAhcBXQ", []statuslist.Status{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1}},
		{2, "eNo76fITAAPfAgc", []statuslist.Status{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3}},
	} {
		token := w.sign(listOf(uri, c.bits, c.list, w.now))
		list, err := w.verifier.Verify(t.Context(), token, uri, w.leaf)
		if err != nil {
			t.Fatal(err)
		}
		for place, want := range c.want {
			if got, err := list.Status(uint64(place)); err != nil || got != want {
				t.Errorf("%d bits, place %d: %d, %v, want %d", c.bits, place, got, err, want)
			}
		}
		if _, err := list.Status(list.Places()); fault.CodeOf(err) != "statuslist.out-of-range" {
			t.Error(err)
		}
	}
}

func listOf(subject string, bits int, list string, at time.Time) map[string]any {
	return map[string]any{
		"sub": subject, "iat": at.Unix(), "exp": at.Add(time.Hour).Unix(), "ttl": 60,
		"status_list": map[string]any{"bits": bits, "lst": list},
	}
}

func TestRevokedPlaceIsSeen(t *testing.T) {
	w := newWorld(t)
	for _, bits := range []int{1, 2, 4, 8} {
		list, err := statuslist.New(bits, 1<<17)
		if err != nil {
			t.Fatal(err)
		}
		places := []uint64{0, 7, 8, 99_999, 1<<17 - 1}
		for _, place := range places {
			if err := list.Set(place, statuslist.Invalid); err != nil {
				t.Fatal(err)
			}
		}
		token, err := w.issuer.Issue(uri, list, w.now, w.now.Add(time.Hour), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		read, err := w.verifier.Verify(t.Context(), token, uri, w.leaf)
		if err != nil || read.TTL != time.Minute || read.Bits() != bits {
			t.Fatalf("%+v, %v", read, err)
		}
		revoked := 0
		for place := range read.Places() {
			status, err := read.Status(place)
			if err != nil {
				t.Fatal(err)
			}
			revoked += int(status)
		}
		for _, place := range places {
			if status, _ := read.Status(place); status != statuslist.Invalid {
				t.Errorf("%d bits: place %d is not revoked", bits, place)
			}
		}
		if revoked != len(places) {
			t.Errorf("%d bits: %d places are revoked", bits, revoked)
		}
		if err := list.Set(1<<17, statuslist.Valid); fault.CodeOf(err) != "statuslist.out-of-range" {
			t.Error(err)
		}
	}
	list, _ := statuslist.New(1, 8)
	if err := list.Set(0, statuslist.Suspended); fault.CodeOf(err) != "statuslist.out-of-range" {
		t.Error("two bits in one:", err)
	}
	for _, size := range [][2]int{{3, 8}, {1, 0}, {8, statuslist.MaxPlaces + 1}} {
		if _, err := statuslist.New(size[0], size[1]); fault.CodeOf(err) != "statuslist.malformed" {
			t.Error(size, err)
		}
	}
}

func deflate(t testing.TB, content []byte) string {
	t.Helper()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(out.Bytes())
}

func TestForgedLists(t *testing.T) {
	w := newWorld(t)
	good := deflate(t, make([]byte, 100))
	_, other, err := w.pki.IssueAttestation(pki.Organisation{Name: "Other", Code: "87654321", Hosts: []string{"other.example"}})
	if err != nil {
		t.Fatal(err)
	}
	otherKey, otherHost, err := w.pki.IssueAttestation(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"other.example"}})
	if err != nil {
		t.Fatal(err)
	}
	exchange, err := w.pki.IssueExchange(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	chain := func(first *x509.Certificate) []*x509.Certificate {
		return []*x509.Certificate{first, w.pki.IssuingCA()}
	}
	compressed, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	more := base64.RawURLEncoding.EncodeToString(append(compressed, 0))
	stranger := newWorld(t)
	change := func(edit func(m map[string]any)) string {
		m := listOf(uri, 1, good, w.now)
		edit(m)
		return w.sign(m)
	}
	token := w.sign(listOf(uri, 1, good, w.now))
	for name, c := range map[string]struct {
		token string
		leaf  *x509.Certificate
		want  string
	}{
		"another list":           {w.sign(listOf(uri+"0", 1, good, w.now)), w.leaf, "statuslist.subject"},
		"an old list":            {w.sign(listOf(uri, 1, good, w.now.Add(-2*time.Hour))), w.leaf, "statuslist.expired"},
		"a list of tomorrow":     {w.sign(listOf(uri, 1, good, w.now.Add(24*time.Hour))), w.leaf, "statuslist.malformed"},
		"a negative ttl":         {change(func(m map[string]any) { m["ttl"] = -1 }), w.leaf, "statuslist.malformed"},
		"no time":                {change(func(m map[string]any) { delete(m, "iat") }), w.leaf, "statuslist.malformed"},
		"a time that is null":    {change(func(m map[string]any) { m["iat"] = nil }), w.leaf, "jws.malformed"},
		"a time that wraps":      {change(func(m map[string]any) { m["iat"] = int64(1<<63 - 1) }), w.leaf, "jws.malformed"},
		"an end that is text":    {change(func(m map[string]any) { m["exp"] = "9999999999" }), w.leaf, "jws.malformed"},
		"an end before its time": {change(func(m map[string]any) { m["exp"] = w.now.Unix() - 1 }), w.leaf, "statuslist.malformed"},
		"an old one without end": {change(func(m map[string]any) { delete(m, "exp"); m["iat"] = w.now.Add(-25 * time.Hour).Unix() }), w.leaf, "statuslist.expired"},
		"EXP in place of exp":    {change(func(m map[string]any) { m["EXP"] = m["exp"]; delete(m, "exp"); m["iat"] = 1 }), w.leaf, "statuslist.expired"},
		"no time to live":        {change(func(m map[string]any) { m["ttl"] = 0 }), w.leaf, "statuslist.malformed"},
		"a ttl with a fraction":  {change(func(m map[string]any) { m["ttl"] = 1.5 }), w.leaf, "jws.malformed"},
		"no subject":             {change(func(m map[string]any) { delete(m, "sub") }), w.leaf, "statuslist.subject"},
		"no list":                {change(func(m map[string]any) { delete(m, "status_list") }), w.leaf, "statuslist.malformed"},
		"a list that is text":    {change(func(m map[string]any) { m["status_list"] = "x" }), w.leaf, "jws.malformed"},
		"negative bits":          {w.sign(listOf(uri, -1, good, w.now)), w.leaf, "statuslist.malformed"},
		"sixteen bits":           {w.sign(listOf(uri, 16, good, w.now)), w.leaf, "statuslist.malformed"},
		"more after the list":    {w.sign(listOf(uri, 1, more, w.now)), w.leaf, "statuslist.malformed"},
		"another host's":         {w.signAs(t, otherKey, chain(otherHost), listOf(uri, 1, good, w.now)), w.leaf, "statuslist.issuer"},
		"an exchange's":          {w.signAs(t, exchange.TLS, chain(exchange.TLSCertificate), listOf(uri, 1, good, w.now)), w.leaf, "purpose.extended-key-usage"},
		"three bits":             {w.sign(listOf(uri, 3, good, w.now)), w.leaf, "statuslist.malformed"},
		"no bits":                {w.sign(listOf(uri, 0, good, w.now)), w.leaf, "statuslist.malformed"},
		"not compressed":         {w.sign(listOf(uri, 1, "AAAA", w.now)), w.leaf, "statuslist.malformed"},
		"not base64url":          {w.sign(listOf(uri, 1, good+"=", w.now)), w.leaf, "statuslist.malformed"},
		"nothing":                {w.sign(listOf(uri, 1, deflate(t, nil), w.now)), w.leaf, "statuslist.malformed"},
		"a bomb":                 {w.sign(listOf(uri, 1, deflate(t, make([]byte, 8<<20)), w.now)), w.leaf, "statuslist.malformed"},
		"cut off":                {w.sign(listOf(uri, 1, good[:10], w.now)), w.leaf, "statuslist.malformed"},
		"another issuer's":       {token, other, "statuslist.issuer"},
		"another signature":      {token[:len(token)-4] + "AAAA", w.leaf, "jws.signature"},
		"a JWT of another type":  {"eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA", w.leaf, "jws.type"},
		"a stranger's":           {stranger.sign(listOf(uri, 1, good, w.now)), w.leaf, "path.signature"},
	} {
		if read, err := w.verifier.Verify(t.Context(), c.token, uri, c.leaf); fault.CodeOf(err) != c.want || read != nil {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := w.verifier.Verify(t.Context(), token, uri, w.leaf); err != nil {
		t.Error(err)
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	f.Add(w.sign(listOf(uri, 1, deflate(f, make([]byte, 9)), w.now)))
	f.Fuzz(func(_ *testing.T, token string) {
		_, _ = w.verifier.Verify(context.Background(), token, uri, w.leaf)
	})
}

func ExampleList() {
	list, err := statuslist.New(1, 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := list.Set(5, statuslist.Invalid); err != nil {
		fmt.Println(err)
		return
	}
	status, err := list.Status(5)
	fmt.Println(status == statuslist.Invalid, err)
	// Output: true <nil>
}
