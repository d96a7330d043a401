package main

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/webeid"
	"eidgate/internal/nativehost"
)

// TestLetters shows international names as they are read and hides those made
// to be misread. The encodings are those of Python's idna codec and of RFC 3492
// section 7.1.
func TestLetters(t *testing.T) {
	for origin, want := range map[string]struct {
		letters string
		mixed   bool
	}{
		"https://example.ee":                      {"", false},
		"https://xn--nidis-gra.ee":                {"https://näidis.ee", false},
		"https://xn--nidis-gra.ee:8443":           {"https://näidis.ee:8443", false},
		"https://xn--hxajbheg2az3al.xn--jxalpdlp": {"https://παράδειγμα.δοκιμή", false},
		"https://xn--80ak6aa92e.com":              {"https://аррӏе.com", false}, // all Cyrillic: shown beside the encoding
		"https://xn--pple-43d.com":                {"", true},                   // a Cyrillic а in apple
		"https://xn--r8jz45g.jp":                  {"https://例え.jp", false},
		"https://xn--9n2bp8q.kr":                  {"https://실례.kr", false},
		"https://xn--abc-.ee":                     {"", true}, // nothing encoded
		"https://xn--.ee":                         {"", true},
		"https://xn--99999999.ee":                 {"", true},
		"https://xn--a-ecp.ru":                    {"", true},
		"https://[2001:db8::1]":                   {"", false},
	} {
		got, mixed := letters(origin)
		if got != want.letters || mixed != want.mixed {
			t.Errorf("%s: %q, mixed %v; want %+v", origin, got, mixed, want)
		}
	}
}

func FuzzLetters(f *testing.F) {
	f.Add("xn--nidis-gra.ee")
	f.Add("xn--99999999.ee:1")
	f.Add("xn--a-ecp")
	f.Fuzz(func(t *testing.T, host string) {
		shown, mixed := letters("https://" + host)
		if shown != "" && mixed {
			t.Error("shown although it is mixed")
		}
	})
}

// TestTheLongestDialogFits makes everything from outside as long as it may be:
// the protocol of pinentry has lines of 1000 bytes.
func TestTheLongestDialogFits(t *testing.T) {
	origin := "https://" + strings.Repeat("xn--nidis-gra.", 17) + "ee"
	origin += strings.Repeat("e", 255-len(origin))
	if err := webeid.CheckOrigin(origin); err != nil {
		t.Fatal(err)
	}
	for _, words := range []*texts{english(), estonian()} {
		for _, left := range []int{1, 3} {
			tk := &task{agent: &agent{}, site: nativehost.Site{Origin: origin}, words: words, usesKey: true, digest: make([]byte, 48)}
			c := &x509.Certificate{Subject: pkix.Name{CommonName: strings.Repeat("Õ", 64)}}
			h := &holder{
				number: strings.Repeat("9", 32), certificate: c, status: card.PINStatus{Ref: card.PIN2, Left: left, Max: 3},
				info: card.Info{Name: "Finnish identity card (version 4)", PINPad: true},
			}
			for _, p := range []purpose{words.login, words.sign, words.certificate} {
				tk.purpose = p
				d := tk.consent(h, "")
				if n := len("SETDESC ") + len(d.Text) + 2*strings.Count(d.Text, "\n"); n > 1000 {
					t.Errorf("%s: %d bytes", p.title, n)
				}
				if joined := strings.ReplaceAll(d.Text, "\n    ", ""); !strings.Contains(joined, origin) {
					t.Error("a part of the origin is missing")
				}
				for _, line := range strings.Split(d.Text, "\n    ")[1:4] {
					if len(line) > lineWidth {
						t.Errorf("a line of the origin has %d bytes", len(line))
					}
				}
			}
			if d := tk.notice("", words.lastTryQuestion+words.choose+tk.holderLine(h)+strings.Repeat("x", maxReader), ""); len(d.Text) > 900 {
				t.Errorf("a notice of %d bytes", len(d.Text))
			}
		}
	}
}

// Where the code is entered elsewhere the dialog says where, and has no field.
func TestWhereTheCodeIsEntered(t *testing.T) {
	tk := &task{agent: &agent{}, site: nativehost.Site{Origin: "https://example.ee"}, words: english(), usesKey: true}
	h := &holder{certificate: new(x509.Certificate), status: card.PINStatus{Ref: card.PIN2, Left: 3, Max: 3}}
	for want, info := range map[string]card.Info{
		"on the card reader's keypad":            {PINPad: true},
		"in the window of the card's own softwa": {PINPad: true, OwnDialog: true},
	} {
		h.info = info
		if d := tk.consent(h, ""); !strings.Contains(d.Text, want) || d.OK != "Continue" {
			t.Errorf("%+v", d)
		}
	}
}

func TestCertificateFieldsAreShownSafely(t *testing.T) {
	h := &holder{number: "AS0010001", certificate: &x509.Certificate{Subject: pkix.Name{
		CommonName: "<b>\u202eEVE\x1b[2J\n\nhttps://bank.ee" + strings.Repeat("x", 100),
	}}}
	line := (&task{words: english()}).holderLine(h)
	if strings.ContainsAny(line, "<>\n\x1b\u202e") || strings.Contains(line, strings.Repeat("x", 80)) || !strings.HasSuffix(line, "AS0010001") {
		t.Errorf("%q", line)
	}
}

func TestLanguages(t *testing.T) {
	for want, wishes := range map[string][]string{
		"et": {"et"}, "et ": {"et-EE"}, "et  ": {"", "et_EE.UTF-8"}, "et   ": {"fi", "ET"},
		"en": {"en-GB", "et"}, "en ": {}, "en  ": {"", "C.UTF-8"}, "en   ": {"ru", "lv"},
	} {
		got := "en"
		if textsFor(wishes...).cancel == "Loobu" {
			got = "et"
		}
		if got != strings.TrimSpace(want) {
			t.Errorf("%q: %s", wishes, got)
		}
	}
}
