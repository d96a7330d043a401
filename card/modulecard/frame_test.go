package modulecard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/internal/fault"
)

func TestFramesAreRead(t *testing.T) {
	var pipe bytes.Buffer
	if err := errors.Join(write(&pipe, kindPIN, []byte("1234")), writeJSON(&pipe, kindLook, look{Reader: "Õ"})); err != nil {
		t.Fatal(err)
	}
	f, err := child.read(&pipe)
	if err != nil || f.data != nil || string(f.pin.Bytes()) != "1234" {
		t.Fatalf("%+v, %v", f, err)
	}
	f.pin.Wipe()
	var l look
	if f, err = child.read(&pipe); err != nil || json.Unmarshal(f.data, &l) != nil || l.Reader != "Õ" {
		t.Fatalf("%+v, %v", f, err)
	}
	if _, err := child.read(&pipe); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	for name, b := range map[string]string{
		"longer than any":    "K\x00\x10\x00\x01",
		"four gigabytes":     "K\xff\xff\xff\xff",
		"cut short":          "K\x00\x00\x00\x05abc",
		"a PIN too long":     "P\x00\x00\x00\x40" + strings.Repeat("1", 64),
		"a PIN cut short":    "P\x00\x00\x00\x05123",
		"a PIN of two lines": "P\x00\x00\x00\x0512\n34",
	} {
		if f, err := child.read(strings.NewReader(b)); fault.CodeOf(err) != "card.module-protocol" || f.pin != nil {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// Where a person enters a code elsewhere the limit of an answer does not count.
func TestLimitIsNotForPeople(t *testing.T) {
	p := &process{answers: make(chan frame), limit: time.Nanosecond}
	go func() { p.answers <- frame{kind: kindDone} }()
	if f, err := p.answer(t.Context(), true); err != nil || f.kind != kindDone {
		t.Errorf("%+v, %v", f, err)
	}
}

// What a child says of a token's key is believed as far as it is known.
func TestFailuresOfATokensKey(t *testing.T) {
	for _, tt := range []struct {
		f    failure
		code string
	}{
		{failure{Code: "pkcs11.pin-wrong", Left: -7}, "pkcs11.pin-wrong"},
		{failure{Code: "pkcs11.key-not-found"}, "pkcs11.key-not-found"},
		{failure{Code: "pkcs11.several-keys", What: "keys", Found: []string{"pkcs11:id=%01", "<script>"}}, "pkcs11.several-keys"},
		{failure{Code: "pkcs11.several-<b>", What: "<b>"}, "card.module-failed"},
		{failure{Code: "pkcs11.module-error", Doing: "C_Sign", Value: 5}, "pkcs11.module-error"},
		{failure{Code: "pkcs11.module-error", Doing: "<b>"}, "card.module-failed"},
		{failure{Code: "sign.valid"}, "card.module-failed"},
	} {
		if err := tokenFailed(tt.f); fault.CodeOf(err) != tt.code || strings.Contains(err.Error(), "<") {
			t.Errorf("%+v: %v", tt.f, err)
		}
	}
}

// A child is believed nothing but one of the known codes, and no text.
func TestFailuresOfTheChild(t *testing.T) {
	c := &moduleCard{}
	k := &key{MinPIN: 4, MaxPIN: 12}
	for code, want := range map[string]string{
		"pkcs11.pin-wrong": "card.wrong-pin", "pkcs11.pin-locked": "card.pin-blocked", "pkcs11.pin-format": "card.pin-format",
		"pkcs11.last-try": "card.last-try", "pkcs11.pin-to-be-changed": "card.pin-not-activated",
		"pkcs11.token-removed": "card.removed", "pkcs11.token-not-found": "card.module-sees-no-card",
		"pkcs11.mechanism": "card.unsupported-operation", "pkcs11.signature-wrong": "card.bad-signature",
		"pkcs11.unavailable": "pkcs11.unavailable", "pin.cancelled": "pin.cancelled",
		"pkcs11.module-error": "card.module-failed", "": "card.module-failed", "<script>": "card.module-failed",
		strings.Repeat("a.", 40) + "b": "card.module-failed",
	} {
		err := c.failed(failure{Code: code, Left: 2}, card.PIN1, k)
		if fault.CodeOf(err) != want || strings.Contains(err.Error(), "<") || len(err.Error()) > 200 {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := c.failed(failure{Code: "pkcs11.pin-wrong"}, card.PIN1, k); !errors.Is(err, card.ErrPINBlocked) {
		t.Errorf("no tries left: %v", err)
	}
}

func TestRules(t *testing.T) {
	for name, r := range map[string]Rule{
		"no atr":        {Module: "/m.so"},
		"not hex":       {ATR: "3B9g", Module: "/m.so"},
		"short mask":    {ATR: "3B901181", Mask: "FF", Module: "/m.so"},
		"relative path": {ATR: "3B901181", Module: "m.so"},
		"no module":     {ATR: "3B901181"},
		"34 bytes":      {ATR: strings.Repeat("3B", 34), Module: "/m.so"},
	} {
		if err := r.Check(); fault.CodeOf(err) != "usage.module-rule" {
			t.Errorf("%s: %v", name, err)
		}
	}
	rules := []Rule{{ATR: "3B901181", Mask: "FFFF00FF", Module: "/m.so"}}
	if err := rules[0].Check(); err != nil {
		t.Fatal(err)
	}
	for atr, want := range map[string]bool{"\x3B\x90\x55\x81": true, "\x3B\x90\x11\x82": false, "\x3B\x90\x11": false, "": false} {
		if got := Chosen([]byte(atr), rules); got != want {
			t.Errorf("%X: %v", atr, got)
		}
	}
	if m, ok := Library([]byte("\x3B\x90\x11\x81"), rules); !ok || m.Paths[0] != "/m.so" || m.Name == "" {
		t.Errorf("%+v", m)
	}
	lithuanian := []byte("\x3B\x9D\x18\x81\x31\xFC\x35\x80\x31\xC0\x69\x4D\x54\x43\x4F\x53\x73\x02\x06\x04\xD1")
	if m, ok := Library(lithuanian, rules); !ok || m.Kind != "liteid" || Chosen(lithuanian, rules) {
		t.Errorf("%+v", m)
	}
}

// FuzzChild sends anything to the child's end: it answers or ends, and asks for
// no PIN, since it has no module.
func FuzzChild(f *testing.F) {
	f.Add([]byte("L\x00\x00\x00\x02{}"))
	f.Add([]byte("S\x00\x00\x00\x0b{\"uri\":\"x\"}"))
	f.Add([]byte("P\x00\x00\x00\x041234E\x00\x00\x00\x00N\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		serve("/nonexistent/module.so", bytes.NewReader(b), &out)
		for {
			answer, err := parent.read(&out)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil || answer.kind != kindFailure {
				t.Fatalf("%c %q: %v", answer.kind, answer.data, err)
			}
		}
	})
}

// FuzzParent reads anything as the answer of a child to the parent's look.
func FuzzParent(f *testing.F) {
	f.Add([]byte(`[{"uri":"pkcs11:id=%01","certificate":"MAA=","serial":"1","left":3}]`))
	f.Add([]byte(`[{"left":-1,"serial":"\u001b[2J"}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var keys []key
		c := &moduleCard{}
		if json.Unmarshal(b, &keys) != nil || c.sort(keys) != nil {
			return
		}
		number, err := c.DocumentNumber(t.Context())
		if err != nil || len(number) == 0 || len(number) > 32 || strings.Trim(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			t.Fatalf("%q, %v", number, err)
		}
		for _, ref := range []card.PINRef{card.PIN1, card.PIN2, card.PUK} {
			if s, err := c.PINStatus(t.Context(), ref); err == nil && (s.Left < 0 || s.Left > s.Max) {
				t.Fatalf("%+v", s)
			}
		}
	})
}
