package timestamp_test

import (
	"context"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eidgate/certs/internal/dertest"
	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
)

// TestTokenStructure adds, leaves out and repeats every element of a token:
// none of it is believed unless what is signed stays what it was.
func TestTokenStructure(t *testing.T) {
	w := newWorld(t)
	honest := w.token(t, w.authority(w.tsa))
	v := w.verifier(t)
	signed, err := cms.Parse(honest)
	if err != nil {
		t.Fatal(err)
	}
	for _, variant := range dertest.Variants(honest) {
		token, err := timestamp.Parse(variant.DER)
		if err != nil {
			continue
		}
		if _, err := token.Verify(context.Background(), v, expected()); err != nil {
			continue
		}
		message, err := cms.Parse(variant.DER)
		if err != nil || string(message.Content) != string(signed.Content) {
			t.Errorf("%s is still good", variant.Name)
		}
	}
}

// TestInfoStructure does it to a content that is then signed, so that nothing
// but the parser stands in the way.
func TestInfoStructure(t *testing.T) {
	w := newWorld(t)
	info := w.info()
	info.Accuracy = accuracy{1, 2, 3}
	info.Ordering = true
	info.TSA = directoryName(t, w.tsa.cert)
	info.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 999, 9}, Value: []byte("value")}}
	content, err := asn1.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	w.judge(t, w.forge(t, w.tsa, content), expected(), "")
	optional := map[string]bool{ // element of TSTInfo, by its place
		"element 5 left out of /30":         true, // accuracy
		"element 6 left out of /30":         true, // ordering
		"element 8 left out of /30":         true, // tsa
		"element 9 left out of /30":         true, // extensions
		"element 0 (30) twice in /30[9]/a1": true,
		"element 0 left out of /30[5]/30":   true, "element 1 left out of /30[5]/30": true, "element 2 left out of /30[5]/30": true,
		"element 1 left out of /30[2]/30[0]/30": true, // NULL of the algorithm
	}
	for _, v := range dertest.Variants(content) {
		token, err := timestamp.Parse(w.forge(t, w.tsa, v.DER))
		if err == nil {
			_, err = token.Verify(context.Background(), w.verifier(t), expected())
		}
		if (err == nil) != optional[v.Name] {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

// TestExchangeStructure does it to a request, and to what a client is
// answered.
func TestExchangeStructure(t *testing.T) {
	w := newWorld(t)
	optional := map[string]bool{
		"element 2 left out of /30":             true, // nonce
		"element 3 left out of /30":             true, // certReq
		"element 1 left out of /30[1]/30[0]/30": true, // NULL of the algorithm
	}
	for _, v := range dertest.Variants(request(t, nil)) {
		response, err := w.authority(w.tsa).Respond(v.DER)
		if (err == nil) != optional[v.Name] {
			t.Errorf("request, %s: %v, %x", v.Name, err, response)
		}
	}

	response, err := w.authority(w.tsa).Respond(request(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	refusal := timestamp.Refuse(timestamp.UnacceptedPolicy)
	for _, v := range append(dertest.Variants(response), dertest.Variants(refusal)...) {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/timestamp-reply")
			_, _ = rw.Write(v.DER)
		}))
		c := &timestamp.Client{URL: s.URL, Now: func() time.Time { return w.now }, Random: fixed(nonce)}
		token, err := c.Stamp(context.Background(), crypto.SHA256, digest[:])
		s.Close()
		// The token's own structure is tested above.
		if err == nil && !strings.Contains(v.Name, "/30[1]/30") {
			t.Errorf("response, %s: %+v", v.Name, token.Info)
		}
	}
}

// fixed gives the bytes of a number as randomness.
type fixedRandom struct{ n *big.Int }

func fixed(n *big.Int) fixedRandom { return fixedRandom{n} }

func (f fixedRandom) Read(b []byte) (int, error) {
	f.n.FillBytes(b)
	return len(b), nil
}
