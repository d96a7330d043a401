package evidence_test

import (
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/xroad/evidence"
)

func vector(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testtool.Shared(t, "xroad"), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// message is the only input of a chain.
func message(text []byte) evidence.Input {
	return func(uri string, hash crypto.Hash, canonical bool) ([]byte, bool, error) {
		if uri != "/message.xml" || text == nil {
			return nil, false, nil
		}
		if canonical {
			digest, err := evidence.Canonical(text, hash)
			return digest, true, err
		}
		h := hash.New()
		h.Write(text)
		return h.Sum(nil), true, nil
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var r *evidence.Refusal
	if code == "" && err != nil || code != "" && (!errors.As(err, &r) || r.Reason != code) {
		t.Errorf("%v, want %q", err, code)
	}
}

// TestHashChains are X-Road's own vectors.
func TestHashChains(t *testing.T) {
	for _, c := range []struct{ chain, result, message, code string }{
		{"1-hashchain", "1-hashchainresult", "1-message", ""},
		{"2-hashchain", "2-hashchainresult", "", ""},
		{"3-hashchain", "3-hashchainresult", "3-message", ""},
		{"3-hashchain-invalid", "3-hashchainresult", "3-message", evidence.CodeSignature},
		{"1-hashchain", "1-hashchainresult", "3-message", evidence.CodeSignature},
		{"1-hashchain", "2-hashchainresult", "1-message", evidence.CodeHashChainResult},
	} {
		var text []byte
		if c.message != "" {
			text = vector(t, "hc-verifier"+c.message+".xml")
		}
		_, err := evidence.VerifyChain(vector(t, "hc-verifier"+c.result+".xml"), vector(t, "hc-verifier"+c.chain+".xml"), "/hashchain.xml", message(text))
		t.Run(c.chain+" "+c.message, func(t *testing.T) { wantCode(t, err, c.code) })
	}
}

// TestHashChainForgeries change a good chain.
func TestHashChainForgeries(t *testing.T) {
	chain, result := string(vector(t, "hc-verifier1-hashchain.xml")), string(vector(t, "hc-verifier1-hashchainresult.xml"))
	text := vector(t, "hc-verifier1-message.xml")
	for _, c := range []struct{ name, from, to, code string }{
		{"a step in a circle", `URI="#STEP1"`, `URI="#STEP0"`, evidence.CodeHashChainRef},
		{"a step that is not there", `URI="#STEP1"`, `URI="#STEP9"`, evidence.CodeHashChainRef},
		{"two steps of one name", `id="STEP1"`, `id="STEP0"`, evidence.CodeHashChain},
		{"another digest", "xmlenc#sha256", "xmlenc#sha512", evidence.CodeHashChain},
		{"SHA-1", "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1", evidence.CodeHashChain},
		{"another message", "/message.xml", "/other.xml", ""},
		{"an unknown value", "<ns2:StepRef URI=\"#STEP1\"/>", "<ns2:Other/>", evidence.CodeHashChain},
		{"a value changed", "CJdduPWzdgD0", "DJdduPWzdgD0", evidence.CodeHashChainResult},
		{"no base64", "CJdduPWzdgD0", "!JdduPWzdgD0", evidence.CodeHashChain},
		{"a transform", `<ns2:DataRef URI="/message.xml">`, `<ns2:DataRef URI="/message.xml"><Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></Transforms>`, evidence.CodeHashChain},
		{"no XML", "<ns2:HashStep", "<ns2:HashStep <", evidence.CodeHashChain},
	} {
		changed := strings.Replace(chain, c.from, c.to, 1)
		if changed == chain {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		covered, err := evidence.VerifyChain([]byte(result), []byte(changed), "/hashchain.xml", message(text))
		t.Run(c.name, func(t *testing.T) {
			wantCode(t, err, c.code)
			if c.code == "" && (covered.Used["/message.xml"] || covered.Missing["/other.xml"] == nil) {
				t.Errorf("%+v", covered)
			}
		})
	}
	_, err := evidence.VerifyChain([]byte(result), []byte(chain), "/other.xml", message(text))
	wantCode(t, err, evidence.CodeHashChainRef)
}

func FuzzHashChain(f *testing.F) {
	f.Add(vector(f, "hc-verifier1-hashchainresult.xml"), vector(f, "hc-verifier1-hashchain.xml"))
	f.Add(vector(f, "hc-verifier3-hashchainresult.xml"), vector(f, "hc-verifier3-hashchain.xml"))
	text := vector(f, "hc-verifier1-message.xml")
	f.Fuzz(func(t *testing.T, result, chain []byte) {
		var r *evidence.Refusal
		if _, err := evidence.VerifyChain(result, chain, "/hashchain.xml", message(text)); err != nil && !errors.As(err, &r) {
			t.Errorf("%T", err)
		}
	})
}
