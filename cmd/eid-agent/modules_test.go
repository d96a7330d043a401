//go:build cgo && linux

package main

import (
	"context"
	"crypto"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

func openscModule(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"x86_64-linux-gnu/", "aarch64-linux-gnu/", ""} {
		path := "/usr/lib/" + p + "opensc-pkcs11.so"
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("opensc-pkcs11 is not installed")
	}
	t.Skip("opensc-pkcs11 is not installed")
	return ""
}

// moduleDesk is a computer whose settings send the card in its reader to a
// PKCS#11 module.
type moduleDesk struct {
	*desk
	environment []string
	module      string
}

func newModuleDesk(t *testing.T) *moduleDesk {
	t.Helper()
	vreadertest.Require(t)
	d := &moduleDesk{desk: &desk{file: simtest.Person(t, "AS0010001")}, module: openscModule(t)}
	d.file.PIN1 = randomPIN(t)
	d.card = newCard(t, d.file)
	host := vreadertest.Start(t, vreader.Config{})
	if err := host.Insert(context.Background(), 0, d.card); err != nil {
		t.Fatal(err)
	}
	d.environment = []string{host.Environment()}
	return d
}

// ask carries out one command in a process of its own.
func (d *moduleDesk) ask(t *testing.T, command any, answers ...pinentrytest.Answer) (reply, *process) {
	t.Helper()
	d.script = pinentrytest.New(t, answers...)
	inverted := []byte(d.file.PIN1)
	for i := range inverted {
		inverted[i] ^= 0xff
	}
	settings := fmt.Sprintf("log_level: debug\nlanguage: en\npinentry: %s\nmodules:\n- {atr: %X, module: %s, name: Test card}\n",
		d.script.Path, d.card.ATR(), d.module)
	d.card.ClearTrace()
	p := startProcess(t, settings, append(d.environment, invertedVariable+"="+hex.EncodeToString(inverted)), nil)
	p.send(command)
	return p.reply(), p
}

// TestModuleCard uses a card through OpenSC's module, as if there were no driver
// for it: everything a website can ask for.
func TestModuleCard(t *testing.T) {
	d := newModuleDesk(t)
	t.Run("authenticate", func(t *testing.T) {
		r, p := d.ask(t, authenticate("en"), pinentrytest.PIN(d.file.PIN1))
		if r.Algorithm != "ES384" || r.Signature == "" {
			t.Fatalf("%+v", r)
		}
		shown := d.script.Shown(t, 0)
		if !strings.Contains(shown.Description, "PIN1: at least 3 tries left") || !strings.Contains(shown.Description, "Test card AS0010001") {
			t.Errorf("%+v", shown)
		}
		if n := d.commands(verifyPIN1); n != 1 {
			t.Errorf("%d VERIFY", n)
		}
		seen := p.sightings().After
		if seen.Copies != 0 || seen.Arguments || len(seen.Listening) > 0 {
			t.Errorf("%+v", seen)
		}
		if strings.Contains(p.log.String(), d.file.PIN1) {
			t.Error("the PIN was logged")
		}
	})
	t.Run("get-signing-certificate", func(t *testing.T) {
		r, _ := d.ask(t, command("get-signing-certificate", arguments{"origin": site}), pinentrytest.Yes)
		if len(r.SupportedSignatureAlgorithms) < 4 || r.SupportedSignatureAlgorithms[0]["hashFunction"] != "SHA-384" ||
			r.SupportedSignatureAlgorithms[0]["cryptoAlgorithm"] != "ECC" || r.Certificate == "" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("sign, wrong PIN first", func(t *testing.T) {
		digest := digest(t, crypto.SHA256)
		r, _ := d.ask(t, d.sign(digest, "SHA-256"), pinentrytest.PIN("99999"), pinentrytest.PIN(simtest.PIN2))
		if !verifies(t, d.desk, digest, r.Signature) {
			t.Errorf("%+v", r)
		}
		shown := d.script.Shown(t, 1)
		if shown.Error != "Wrong PIN2." || !strings.Contains(shown.Description, "PIN2: 2 of 3 tries left") {
			t.Errorf("%+v", shown)
		}
		if n := d.commands(verifyPIN2); n != 2 {
			t.Errorf("%d VERIFY for two entries", n)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		r, _ := d.ask(t, authenticate(""), pinentrytest.Cancel)
		if r.Error.Code != "ERR_WEBEID_USER_CANCELLED" || d.commands(verifyPIN1) != 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("crash", func(t *testing.T) {
		module := filepath.Join(t.TempDir(), "evil.so")
		testtool.Run(t, testtool.Need(t, "cc"), "-shared", "-fPIC", "-o", module,
			filepath.Join(testtool.Root(t), "card", "modulecard", "testdata", "evil.c"), "-ldl")
		t.Setenv("EVIL_MODULE", d.module)
		t.Setenv("EVIL", "abort-sign")
		d.module = module
		r, _ := d.ask(t, authenticate("en"), pinentrytest.PIN(d.file.PIN1), pinentrytest.Cancel)
		if r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
			t.Errorf("%+v", r)
		}
		if shown := d.script.Shown(t, 1); shown.Error != "The software of the card's maker crashed; nothing was signed." {
			t.Errorf("%+v", shown)
		}
	})
}

// A card whose maker's software is not installed is told apart from one that
// nobody knows.
func TestModuleNotInstalled(t *testing.T) {
	d := newDesk(t, pinentrytest.Cancel)
	d.agent.rules = []modulecard.Rule{{ATR: fmt.Sprintf("%X", d.card.ATR()), Module: "/nowhere/module.so", Name: "Card of <b>\x1b[2J"}}
	if r := d.ask(t, authenticate("en")); r.Error.Code != "ERR_WEBEID_USER_CANCELLED" {
		t.Errorf("%+v", r)
	}
	shown := d.script.Shown(t, 0)
	if !strings.Contains(shown.Description, "needs the software of its maker") || strings.Contains(shown.Description, "\x1b") {
		t.Errorf("%+v", shown)
	}
}

func TestModuleSettings(t *testing.T) {
	for text, want := range map[string]string{
		"modules: [{atr: 3B9011, module: /m.so}]":              "",
		"modules: [{atr: 3B9011, mask: FF, module: /m.so}]":    "mask",
		"modules: [{atr: 3B9011, module: m.so}]":               "module",
		"modules: [{atr: zz, module: /m.so}]":                  "atr",
		"modules: [{atr: 3B9011, module: /m.so, pin: '1234'}]": "pin",
	} {
		file := filepath.Join(t.TempDir(), "agent.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadSettings(file)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Cards of the table need no settings.
func TestModulesByThemselves(t *testing.T) {
	a := &agent{}
	belgian := []byte("\x3B\x7F\x96\x00\x00\x80\x31\x80\x65\xB0\x85\x04\x01\x20\x12\x0F\xFF\x82\x90\x00")
	c, err := sim.New(simtest.Person(t, "AS0010001"))
	if err != nil {
		t.Fatal(err)
	}
	if !a.byModule(belgian) || !a.supported(belgian) || card.Supported(belgian) || a.byModule(c.ATR()) || a.supported([]byte{0x3B, 0x00}) {
		t.Error("the Belgian card goes to its module, the Estonian to its driver, and an unknown one nowhere")
	}
}
