package xroad

import (
	"archive/zip"
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/testtool"
)

// TestRealMessage reads a response that an X-Road server signed and writes it
// again byte by byte; its identifiers are written as that server wrote them.
func TestRealMessage(t *testing.T) {
	z, err := zip.OpenReader(filepath.Join(testtool.Shared(t, "xroad"), "valid-non-batch-rest.asice"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	in, err := z.Open("message.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseResponse(text)
	if err != nil || !bytes.Equal(m.bytes(), text) || m.status != 200 || m.reason != "OK" {
		t.Fatalf("%v\n%q\n%q", err, text, m.bytes())
	}
	clientText, _ := last(m.headers, headerClient)
	serviceText, _ := last(m.headers, headerService)
	client, err := ParseClientID(clientText)
	if err != nil || client.Encoded() != clientText || client.String() != "SUBSYSTEM:DEV/COM/4422/TestClient" {
		t.Errorf("%v %v", client, err)
	}
	service, err := ParseServiceID(serviceText)
	if err != nil || service.Encoded() != serviceText || service.String() != "SERVICE:DEV/COM/1234/TestService/mock1" {
		t.Errorf("%v %v", service, err)
	}
	var order []string
	for _, h := range m.headers[len(m.headers)-5:] {
		order = append(order, h.name)
	}
	if got := strings.Join(order, " "); got != "x-road-id x-road-client x-road-service x-road-request-id x-road-request-hash" {
		t.Errorf("order %s", got)
	}
}

// TestIdentifiers: what is read, and how it is written.
func TestIdentifiers(t *testing.T) {
	for text, want := range map[string]string{
		"EE/BUSINESS/consumer/sub%2Fsystem": "EE/BUSINESS/consumer/sub%2Fsystem",
		"a/b/%c3%b6%c3%a4%c3%a5":            "a/b/%C3%B6%C3%A4%C3%A5",
		"a/b/-._~!$'()*,;&=@:+":             "a/b/-._~!$'()*,;&=@:+",
		"a/b/%41%20b":                       "a/b/A%20b",
		"a/b":                               "",
		"a/b/c/d/e":                         "",
		"a//c":                              "",
		"a/b/":                              "",
		"a/b/c%":                            "",
		"a/b/c%4":                           "",
		"a/b/c%GG":                          "",
		"a/b/c d":                           "",
		"a/b/ö":                             "",
		"a/b/%ff":                           "",
		"a/b/%00":                           "",
		"a/b/%E2%80%8B":                     "",
		"a/b/" + strings.Repeat("x", 256):   "",
		"a/b/c?d":                           "",
		"a/b/c#d":                           "",
		`a/b/c"d`:                           "",
	} {
		id, err := ParseClientID(text)
		if (err != nil) != (want == "") || err == nil && id.Encoded() != want {
			t.Errorf("%q: %+v %v, want %q", text, id, err, want)
		}
	}
	if (ClientID{"A", "b", "c", ""}) == (ClientID{"a", "b", "c", ""}) {
		t.Error("identifiers differ by case")
	}
}

// TestRequestHashes are the two forms of the request hash.
func TestRequestHashes(t *testing.T) {
	m, b := sha512.Sum512([]byte("m")), sha512.Sum512([]byte("b"))
	both := sha512.Sum512(append(bytes.Clone(m[:]), b[:]...))
	if got := (digests{m[:], nil}).requestHash(); got != base64.StdEncoding.EncodeToString(m[:]) {
		t.Error(got)
	}
	if got := (digests{m[:], b[:]}).requestHash(); got != base64.StdEncoding.EncodeToString(both[:]) {
		t.Error(got)
	}
}

// TestBadMessages: what another gateway signed and is no message.
func TestBadMessages(t *testing.T) {
	const good = "GET\r\n/r1/DEV/COM/1234/app/s/x?y\r\nX-Road-Client:DEV/COM/1/c\r\nx-road-id:1\r\nx-road-request-id:2\r\n"
	if _, err := parseRequest([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{"GET", "LOCK"}, {"GET\r\n", "GET\n"}, {"/x?y", "/x?y z"}, {"/x?y", "/x\ty"}, {"/x?y", "/x#y"}, {"/r1/", "/r2/"}, {"/app/s/x", ""},
		{"X-Road-Client:", "X-Other:"}, {"x-road-id:1\r\n", ""}, {"x-road-request-id:2\r\n", ""}, {"x-road-id:1", "x-road-id 1"},
		{"x-road-id:1", ":1"}, {"x-road-id:1", "x-road-id:\x01"}, {"x-road-id:1", "x road id:1"}, {"x-road-id:1", "x-road-id:1\n2"}, {"2\r\n", "2"},
		{"x-road-id:1", "x-road-id:" + strings.Repeat("1", maxToken+1)}, {"2\r\n", "2\r\n\r\n"}, {"2\r\n", "2\r\n" + strings.Repeat("a:b\r\n", maxHeaders)},
		{"2\r\n", "2\r\na:" + strings.Repeat("b", maxMessage) + "\r\n"},
	} {
		text := strings.Replace(good, c[0], c[1], 1)
		if m, err := parseRequest([]byte(text)); err == nil {
			t.Errorf("%.80q was read as %+v", text, m)
		}
	}
	for _, text := range []string{"", "200\r\n", "20\r\nOK\r\n", "099\r\nX\r\n", "600\r\nX\r\n", "200\r\nO\rK\r\n", "abc\r\nOK\r\n", "200\r\nOK", "+20\r\nOK\r\n"} {
		if m, err := parseResponse([]byte(text)); err == nil {
			t.Errorf("%q was read as %+v", text, m)
		}
	}
}
