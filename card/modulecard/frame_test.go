package modulecard

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
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
	})
}

// scripted is a child that says what it was told to, whatever it is asked.
func scripted(t *testing.T, says []byte) *process {
	t.Helper()
	hears, orders, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, hears); hears.Close() }()
	p := &process{orders: orders, answers: make(chan frame), ended: make(chan struct{})}
	go p.listen(io.NopCloser(bytes.NewReader(says)))
	t.Cleanup(func() { close(p.ended); orders.Close() })
	return p
}

// holderOf is a card with one key whose process is scripted.
func holderOf(p *process) *moduleCard {
	return &moduleCard{process: p, keys: map[card.Usage]*pair{
		card.Authentication: {key{URI: "pkcs11:id=%01", Serial: "1"}, new(x509.Certificate)},
	}}
}

type counted struct{ asked int }

func (c *counted) PIN(context.Context, pin.Request) (*pin.Buffer, error) {
	c.asked++
	return pin.FromBytes([]byte("123456"))
}

func frames(t *testing.T, all ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := 0; i < len(all); i += 2 {
		if err := writeJSON(&b, all[i].(kind), all[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// A child that a module took over gets each code once and no more, and nothing
// it says about tries makes the parent send one that the user did not agree to.
func TestChildThatWantsMore(t *testing.T) {
	full, ask := tries{Left: 3, PUKLeft: -1, MinPIN: 4, MaxPIN: 12}, question{Left: 3, MinPIN: 4, MaxPIN: 12}
	for name, tt := range map[string]struct {
		says         []byte
		current, new int // how often each code is asked for
		code         string
	}{
		"three codes":    {frames(t, kindTries, full, kindPIN, ask, kindPIN, ask, kindPIN, ask), 1, 1, "card.module-protocol"},
		"done at once":   {frames(t, kindTries, full, kindDone, nil), 0, 0, "card.module-protocol"},
		"done too early": {frames(t, kindTries, full, kindPIN, ask, kindDone, nil), 1, 0, "card.module-protocol"},
		"done":           {frames(t, kindTries, full, kindPIN, ask, kindPIN, ask, kindDone, nil), 1, 1, ""},
		"another answer": {frames(t, kindTries, full, kindSign, nil), 0, 0, "card.module-protocol"},
		"keys":           {frames(t, kindTries, full, kindKeys, nil), 0, 0, "card.module-protocol"},
		"one try now":    {frames(t, kindTries, full, kindPIN, question{Left: 1}, kindFailure, failure{}), 0, 0, "card.last-try"},
		"none now":       {frames(t, kindTries, full, kindPIN, question{}, kindFailure, failure{}), 0, 0, "card.last-try"},
		"below zero":     {frames(t, kindTries, full, kindPIN, question{Left: 3, MinPIN: -1}, kindFailure, failure{}), 0, 0, "card.module-protocol"},
		"asks again":     {frames(t, kindTries, full, kindPIN, question{Left: 1}, kindPIN, ask), 0, 0, "card.last-try"},
		"blocked":        {frames(t, kindTries, tries{}), 0, 0, "card.pin-blocked"},
		"odd tries":      {frames(t, kindTries, tries{Left: 99}), 0, 0, "card.bad-answer"},
		"nothing":        {nil, 0, 0, "card.module-crashed"},
		"gone then":      {frames(t, kindTries, full, kindPIN, ask), 1, 0, "card.module-crashed"},
	} {
		old, fresh := new(counted), new(counted)
		c := holderOf(scripted(t, tt.says))
		err := c.ChangePIN(t.Context(), card.ChangeRequest{Ref: card.PIN1, Current: old, New: fresh})
		if fault.CodeOf(err) != tt.code || old.asked != tt.current || fresh.asked != tt.new {
			t.Errorf("%s: %v, code %q; asked %d and %d times", name, err, fault.CodeOf(err), old.asked, fresh.asked)
		}
	}
}

// FuzzTalk lets the child say anything while a code is changed: no code is asked
// for twice.
func FuzzTalk(f *testing.F) {
	f.Add([]byte("T\x00\x00\x00\x0a{\"left\":3}D\x00\x00\x00\x00"))
	f.Add([]byte("T\x00\x00\x00\x0a{\"left\":3}P\x00\x00\x00\x0a{\"left\":3}P\x00\x00\x00\x02{}D\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, says []byte) {
		old, fresh := new(counted), new(counted)
		err := holderOf(scripted(t, says)).ChangePIN(t.Context(), card.ChangeRequest{Ref: card.PIN1, Current: old, New: fresh})
		if old.asked > 1 || fresh.asked > 1 || err == nil && !bytes.Contains(says, []byte("D")) {
			t.Fatalf("asked %d and %d times: %v", old.asked, fresh.asked, err)
		}
	})
}
