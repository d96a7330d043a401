package xroad

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzClientID: what is read can be written and read again as the same.
func FuzzClientID(f *testing.F) {
	for _, s := range []string{"DEV/COM/1234/app", "a/b/c", "EE/BUSINESS/consumer/sub%2Fsystem", "%C3%B6/x/y", "a//b", "a/b/%zz", "a/b/%ff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseClientID(text)
		if err != nil {
			return
		}
		again, err := ParseClientID(id.Encoded())
		if err != nil || again != id || !utf8.ValidString(id.String()) {
			t.Errorf("%q is %+v, written %q, read %+v %v", text, id, id.Encoded(), again, err)
		}
	})
}

// FuzzRequest: a message that is read is written again byte by byte, since the
// hash of what was read is what binds the response.
func FuzzRequest(f *testing.F) {
	f.Add([]byte("GET\r\n/r1/DEV/COM/1234/app/s/x?y\r\nX-Road-Client:DEV/COM/1/c\r\nx-road-id:1\r\nx-road-request-id:2\r\n"))
	f.Add([]byte("GET\r\n/r1/DEV/COM/1234/app/s\r\nX-Road-Client:a/b/c/d\r\nX-Road-Client:DEV/COM/1/c\r\nx-road-id:\r\nx-road-request-id:2\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseRequest(text)
		if err == nil && !bytes.Equal(m.bytes(), text) {
			t.Errorf("%q became %q", text, m.bytes())
		}
	})
}

// FuzzResponse is the same for responses.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("200\r\nOK\r\nContent-Type:application/json\r\nx-road-id:1\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseResponse(text)
		if err == nil && !bytes.Equal(m.bytes(), text) {
			t.Errorf("%q became %q", text, m.bytes())
		}
	})
}

// FuzzEnvelope: what is read is what would be sent.
func FuzzEnvelope(f *testing.F) {
	e := &envelope{message: []byte("GET\r\n"), value: make([]byte, 64)}
	var b bytes.Buffer
	if _, err := b.ReadFrom(e.reader()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := readEnvelope(bytes.NewReader(text), 1<<20, t.TempDir())
		if err != nil {
			return
		}
		defer e.body.close()
		var again bytes.Buffer
		if _, err := again.ReadFrom(e.reader()); err != nil || !bytes.Equal(again.Bytes(), text) || e.size() != int64(len(text)) {
			t.Errorf("%x became %x (%v)", text, again.Bytes(), err)
		}
	})
}

// FuzzGlob compares the matcher with a backtracking one, and sees that no
// normalised path climbs.
func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{{"/a/*", "/a/b"}, {"/**", "/x/../y"}, {`/\*`, "/*"}, {"/*b/**c", "/ab/xc"}, {"/a**", "/a/%2e%2e/b"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, raw string) {
		if Glob(pattern).check() != nil || len(pattern) > 40 || len(raw) > 60 {
			return
		}
		path, err := normalPath(raw)
		if err != nil {
			return
		}
		for _, segment := range strings.Split(path, "/") {
			if segment == ".." || segment == "." {
				t.Errorf("%q became %q", raw, path)
			}
		}
		if got, want := Glob(pattern).Match(path), slowMatch(Glob(pattern).tokens(), path); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, path, got, want)
		}
	})
}

func slowMatch(tokens []token, path string) bool {
	if len(tokens) == 0 {
		return path == ""
	}
	rest := tokens[1:]
	switch t := tokens[0]; {
	case t.any:
		for i := 0; i <= len(path); i++ {
			if slowMatch(rest, path[i:]) {
				return true
			}
		}
		return false
	case t.star:
		for i := 1; i <= len(path) && path[i-1] != '/'; i++ {
			if slowMatch(rest, path[i:]) {
				return true
			}
		}
		return false
	default:
		return path != "" && path[0] == t.c && slowMatch(rest, path[1:])
	}
}

// FuzzInstance: no file makes the reader crash.
func FuzzInstance(f *testing.F) {
	f.Add("instance: DEMO\nmembers:\n  - {id: DEMO/COM/1, signing: [x.pem], subsystems: [{code: a, services: [{code: b, access: [{clients: [DEMO/COM/1/a]}]}]}]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := readInstanceFile(strings.NewReader(text))
		if err != nil {
			return
		}
		b := &builder{file: "x", dir: t.TempDir(), out: &Instance{Name: file.Instance.text, members: map[ClientID]*member{}, subsystems: map[ClientID]*subsystem{}}}
		b.instance(file)
	})
}

// FuzzFault: what another gateway says is safe in a header.
func FuzzFault(f *testing.F) {
	f.Add([]byte(`{"type":"Server.ServerProxy.AccessDenied","message":"m","detail":"d"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if fault, ok := readFault(text); ok && (strings.ContainsAny(fault.Type+fault.Message, "\r\n\x00") || len(fault.Message) > maxFaultText) {
			t.Errorf("%q", fault)
		}
	})
}
