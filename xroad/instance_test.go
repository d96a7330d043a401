package xroad_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/xroad"
)

// TestInstanceMistakes: each mistake is found, with its line and column; the
// good file is the one of the other tests.
func TestInstanceMistakes(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ name, from, to, want string }{
		{"unknown key", "members:", "members:\n  - colour: red", "field colour not found"},
		{"key given twice", "instance: DEMO", "instance: DEMO\ninstance: DEMO", "already"},
		{"second document", "instance: DEMO", "---\ninstance: DEMO\n---\nx: y\n---", "second document"},
		{"a list for a word", "name: Company", "name: [Company]", "line LINE: a single value"},
		{"no instance", "instance: DEMO", "instance: ''", ":1:11: instance: an identifier"},
		{"another instance", "id: DEMO/NGO/90000009", "id: TEST/NGO/90000009", `:LINE:9: id: "TEST/NGO/90000009" is not of the instance "DEMO"`},
		{"a subsystem for a member", "id: DEMO/NGO/90000009", "id: DEMO/NGO/90000009/x", "is not INSTANCE/CLASS/CODE"},
		{"a member twice", "id: DEMO/NGO/90000009", "id: DEMO/COM/12345678", "stands here twice"},
		{"plain gateway", "gateway: https://", "gateway: http://", "gateways talk HTTPS alone"},
		{"a query in a gateway", "gateway: https://", "gateway: https://x/?", "is not an http or https address"},
		{"no certificate", "signing: [other-sign.pem]", "signing: []", "a member needs a signing certificate"},
		{"no file", "signing: [other-sign.pem]", "signing: [nothing.pem]", ":LINE:15: certificate: stat"},
		{"not a certificate", "signing: [other-sign.pem]", "signing: [instance.yaml]", ":LINE:15: certificate:"},
		{"shared signing certificate", "signing: [other-sign.pem]", "signing: [company-sign.pem]", "signs with the same certificate"},
		{"a key that is not P-256", "signing: [other-sign.pem]", "signing: [root.pem]", "P-256"},
		{"a subsystem twice", "- code: s/ub", "- code: population", "stands here twice"},
		{"no code", "- code: s/ub", "- code: ''", "is not an identifier"},
		{"a control character", "- code: s/ub", `- code: "a\u0007"`, "is not an identifier"},
		{"an authentication", "authentication: SSLNOAUTH", "authentication: none", `"none" is not NOSSL, SSLNOAUTH or SSLAUTH`},
		{"a reserved service", "- code: whole", "- code: getWsdl", "every subsystem has"},
		{"a service twice", "- code: whole", "- code: persons", "stands here twice"},
		{"a type", "type: SOAP", "type: GRPC", `"GRPC" is not REST`},
		{"a service address", "url: http://127.0.0.1:1", "url: ftp://x", "is not an http or https address"},
		{"address and handler", "handler: usage", "handler: usage\n            url: http://x", "not both"},
		{"a header that cannot be required", "require: [X-Road-UserId]", "require: [Cookie]", `"Cookie" is not one of x-road-userid`},
		{"a timeout", "timeout: 2s", "timeout: 2", "is not a time"},
		{"a timeout of none", "timeout: 2s", "timeout: 0s", "is not a time"},
		{"a method", "method: HEAD", "method: LOCK", `"LOCK" is not one of`},
		{"a pattern", "path: /any/**", "path: any/**", "begins with a slash"},
		{"a backslash", "path: /any/**", `path: /any\x`, "backslash"},
		{"an unknown client", "DEMO/COM/12345678/sub%2Fsystem]", "DEMO/COM/12345678/nobody]", "is no subsystem of this file"},
		{"a member's right", "DEMO/COM/12345678/sub%2Fsystem]", "DEMO/COM/12345678]", "is not INSTANCE/CLASS/CODE/SUBSYSTEM"},
		{"a right for nobody", "clients: [DEMO/COM/12345678/tls]", "clients: []", "is for nobody"},
		{"a subject", `in: "path:2"`, `in: "path:0"`, "path:NUMBER"},
		{"another subject", `in: "path:2"`, `in: "body:x"`, "path:NUMBER"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(w.instanceText, c.from, c.to, 1)
			if text == w.instanceText {
				t.Fatal("nothing was changed")
			}
			line := strings.Count(text[:strings.Index(text, c.to)], "\n") + 1
			want := strings.Replace(c.want, "LINE", strconv.Itoa(line), 1)
			w.write("root.pem", w.pki.Root())
			path := filepath.Join(w.dir, "instance.yaml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			in, err := xroad.LoadInstance(path)
			if in != nil || !errors.Is(err, xroad.ErrInstance) || fault.CodeOf(err) != "xroad.instance" || !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nwant %q", err, want)
			}
		})
	}
	t.Run("all mistakes at once", func(t *testing.T) {
		path := filepath.Join(w.dir, "instance.yaml")
		text := strings.NewReplacer("timeout: 2s", "timeout: x", "method: HEAD", "method: x").Replace(w.instanceText)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := xroad.LoadInstance(path); err == nil || !strings.Contains(err.Error(), "timeout:") || !strings.Contains(err.Error(), "method:") {
			t.Error(err)
		}
	})
	if _, err := xroad.LoadInstance(filepath.Join(w.dir, "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestNew: what a gateway cannot do shows when it is made.
func TestNew(t *testing.T) {
	w := newWorld(t).sqlite()
	for name, change := range map[string]func(o *xroad.Options){
		"no recorder":           func(o *xroad.Options) { o.Record = nil },
		"no database":           func(o *xroad.Options) { o.Database = nil },
		"no instance":           func(o *xroad.Options) { o.Instance = nil },
		"no keys":               func(o *xroad.Options) { o.Keys = nil },
		"no revocation":         func(o *xroad.Options) { v := *o.Verifier; v.Revocation = nil; o.Verifier = &v },
		"a missing handler":     func(o *xroad.Options) { o.Handlers = nil },
		"another member's key":  func(o *xroad.Options) { o.Keys[w.register.id] = w.company.keys.Signing },
		"an unknown member":     func(o *xroad.Options) { o.Keys[xroad.ClientID{Instance: "X"}] = w.company.keys.Signing },
		"another's certificate": func(o *xroad.Options) { o.TLS = &w.company.tls },
		"a certificate no leaf": func(o *xroad.Options) { c := *o.TLS; c.Leaf = nil; o.TLS = &c },
	} {
		o := w.provided()
		change(&o)
		if _, err := xroad.New(o); err == nil {
			t.Errorf("%s: a gateway was made", name)
		}
	}
	if _, err := xroad.New(w.provided()); err != nil {
		t.Error(err)
	}
}
