package certs_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"eidgate/certs"
	"eidgate/internal/testtool"
)

// family is a set of authorities made by chance, with leaves below the last,
// and the settings both verifiers are asked with.
type family struct {
	authorities []pair // root first
	leaves      []pair
	features    [][]string // of each leaf, its authorities' included
	policies    []string
	explicit    bool
	inhibitAny  bool
	inhibitMap  bool
	lists       [][]byte // revocation lists; nil: revocation is not asked about
}

const leavesPerFamily = 10

// TestInteropGeneratedChains compares verdicts on generated chains with
// OpenSSL's. EIDGATE_CHAINS sets how many (1,000 by default) and
// EIDGATE_SEED other ones.
func TestInteropGeneratedChains(t *testing.T) {
	openssl := testtool.Need(t, "openssl")
	chains, seed := setting(t, "EIDGATE_CHAINS", 1000), setting(t, "EIDGATE_SEED", 20261123)
	g := newGenerator(t, uint64(seed))
	agreed, accepted, explained := 0, 0, map[string]int{}
	for range (chains + leavesPerFamily - 1) / leavesPerFamily {
		f := g.family()
		theirs := askOpenSSL(t, openssl, f)
		for i, leaf := range f.leaves {
			err := f.ask(t, leaf)
			if (err == nil) == (theirs[i] == "") {
				agreed++
				if err == nil {
					accepted++
				}
				continue
			}
			name := explain(f, i, err, theirs[i])
			if name == "" {
				t.Errorf("unexplained difference: we say %q (%v), OpenSSL says %q of %v", codeOf(err), err, theirs[i], f.features[i])
			}
			explained[name]++
		}
	}
	t.Logf("%d chains: %d agreed (%d accepted), explained differences: %v", chains, agreed, accepted, explained)
	if accepted < chains/10 {
		t.Errorf("only %d of %d chains were accepted: the comparison shows little", accepted, chains)
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

func (f *family) ask(t *testing.T, leaf pair) error {
	t.Helper()
	var offered []*x509.Certificate
	for _, a := range f.authorities[1:] {
		offered = append(offered, a.Cert)
	}
	v := verifierFor(t, certs.Test, f.authorities[0].Cert)
	if f.lists != nil {
		source, err := certs.NewRevocationLists(v.Store, f.lists)
		must(t, err)
		v.Revocation = source
	}
	_, err := v.Verify(t.Context(), certs.Request{
		Certificate: leaf.Cert, Intermediates: offered, Purpose: certs.PathOnly,
		InitialPolicies: f.policies, RequireExplicitPolicy: f.explicit,
		InhibitAnyPolicy: f.inhibitAny, InhibitPolicyMapping: f.inhibitMap,
	})
	return err
}

// askOpenSSL gives OpenSSL's error for each leaf, empty when it accepts.
func askOpenSSL(t *testing.T, openssl string, f *family) []string {
	t.Helper()
	dir := t.TempDir()
	var offered []byte
	for _, a := range f.authorities { // with the root: OpenSSL wants at least one
		offered = append(offered, pemOf(a.Cert)...)
	}
	must(t, os.WriteFile(filepath.Join(dir, "root.pem"), pemOf(f.authorities[0].Cert), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "offered.pem"), offered, 0o600))
	args := []string{"verify", "-no-CApath", "-no-CAstore", "-CAfile", "root.pem", "-untrusted", "offered.pem",
		"-attime", strconv.FormatInt(noon.Unix(), 10), "-policy_check"}
	for _, p := range orAny(f.policies) {
		args = append(args, "-policy", p)
	}
	for flag, set := range map[string]bool{"-explicit_policy": f.explicit, "-inhibit_any": f.inhibitAny, "-inhibit_map": f.inhibitMap} {
		if set {
			args = append(args, flag)
		}
	}
	if f.lists != nil {
		var all []byte
		for _, der := range f.lists {
			all = append(all, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})...)
		}
		must(t, os.WriteFile(filepath.Join(dir, "lists.pem"), all, 0o600))
		args = append(args, "-crl_check_all", "-extended_crl", "-use_deltas", "-CRLfile", "lists.pem")
	}
	for i, leaf := range f.leaves {
		name := fmt.Sprintf("leaf%d.pem", i)
		must(t, os.WriteFile(filepath.Join(dir, name), pemOf(leaf.Cert), 0o600))
		args = append(args, name)
	}
	cmd := exec.Command(openssl, args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput() // its status is that of the last leaf
	return readVerdicts(t, string(out), len(f.leaves))
}

// orAny names any policy where none is: OpenSSL takes an empty set for one
// that no path can satisfy.
func orAny(policies []string) []string {
	if len(policies) == 0 {
		return []string{"2.5.29.32.0"}
	}
	return policies
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// readVerdicts reads "leafN.pem: OK", or the errors before "error leafN.pem:
// verification failed".
func readVerdicts(t *testing.T, out string, n int) []string {
	t.Helper()
	verdicts := slices.Repeat([]string{"no verdict"}, n)
	var errors []string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		var i int
		switch {
		case strings.HasSuffix(line, ": OK"):
			if _, err := fmt.Sscanf(line, "leaf%d.pem: OK", &i); err != nil {
				t.Fatal(line)
			}
			verdicts[i], errors = "", nil
		case strings.HasPrefix(line, "error leaf"):
			if _, err := fmt.Sscanf(line, "error leaf%d.pem:", &i); err != nil {
				t.Fatal(line)
			}
			verdicts[i], errors = strings.Join(errors, "; "), nil
		case strings.HasPrefix(line, "error "):
			errors = append(errors, line)
		}
	}
	if i := slices.Index(verdicts, "no verdict"); i >= 0 {
		t.Fatalf("OpenSSL gave no verdict on leaf %d:\n%s", i, out)
	}
	return verdicts
}

// differences are the ways in which this program means to differ from
// OpenSSL, each with its reason. A difference that none explains fails the
// test.
var differences = []struct {
	name, reason string
	applies      func(features []string, code, theirs string) bool
}{
	{"authority-by-usage", "OpenSSL without -x509_strict takes a version 3 certificate without basicConstraints for an authority when its key usage says so; RFC 5280 §6.1.4 (k) does not",
		func(f []string, code, theirs string) bool {
			return code == "path.not-an-authority" && theirs == "" && slices.ContainsFunc(f, isFeature("no-basic-constraints"))
		}},
	{"anchor-status", "OpenSSL with -crl_check_all asks for the anchor's own revocation; an anchor is trusted for being in the store and has no issuer to revoke it",
		func(f []string, code, theirs string) bool {
			return code == "" && strings.Contains(theirs, fmt.Sprintf(" at %d depth lookup", 1+lastAuthority(f))) && isListError(theirs)
		}},
	{"another-keys-list", "OpenSSL stays with the one list whose key identifier fits the issuer, though its signature is bad; a sound list of the same authority's other key speaks for the same name (RFC 5280 §5)",
		func(f []string, code, theirs string) bool {
			return code == "" && isListError(theirs) && slices.ContainsFunc(f, isFeature("self-issued"))
		}},
}

func explain(f *family, i int, err error, theirs string) string {
	for _, d := range differences {
		if d.applies(f.features[i], codeOf(err), theirs) {
			return d.name
		}
	}
	return ""
}

// lastAuthority is the number of the authority that issued the leaf, which is
// the anchor's depth less one.
func lastAuthority(features []string) int {
	for _, f := range features {
		var n int
		if _, err := fmt.Sscanf(f, "depth:%d", &n); err == nil {
			return n
		}
	}
	return -2
}

// isListError says that OpenSSL refused for a revocation list and not for the
// path or a revocation.
func isListError(theirs string) bool {
	for _, what := range []string{"CRL", "unable to get certificate CRL"} {
		if strings.Contains(theirs, what) {
			return true
		}
	}
	return false
}

func isFeature(name string) func(string) bool {
	return func(f string) bool { return strings.HasSuffix(f, ":"+name) }
}

// generator makes families by chance, the same ones for the same seed.
type generator struct {
	t    *testing.T
	r    *mathrand.Rand
	keys []crypto.Signer
	next int // of keys: each certificate of a family has its own
}

func newGenerator(t *testing.T, seed uint64) *generator {
	t.Helper()
	g := &generator{t: t, r: mathrand.New(mathrand.NewPCG(seed, 1))}
	for range 16 {
		g.keys = append(g.keys, newKey(t))
	}
	return g
}

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func pick[T any](g *generator, list ...T) T { return list[g.r.IntN(len(list))] }

func (g *generator) family() *family {
	f := &family{}
	depth := 1 + g.r.IntN(4)
	shared := []string{fmt.Sprintf("depth:%d", depth-1)}
	for level := range depth {
		var parent *pair
		if level > 0 {
			parent = &f.authorities[level-1]
		}
		a, features := g.authority(level, parent)
		f.authorities = append(f.authorities, a)
		shared = append(shared, features...)
	}
	if g.chance(40) {
		f.explicit = g.chance(60)
		f.inhibitAny = g.chance(20)
		f.inhibitMap = g.chance(20)
		if g.chance(60) {
			f.policies = []string{pick(g, demoPolicies...)}
		}
	}
	for range leavesPerFamily {
		leaf, features := g.leaf(f.authorities[depth-1])
		f.leaves = append(f.leaves, leaf)
		f.features = append(f.features, append(slices.Clone(shared), features...))
		if f.explicit || f.policies != nil {
			f.features[len(f.features)-1] = append(f.features[len(f.features)-1],
				fmt.Sprintf("asked: policies %v explicit %v inhibit any %v mapping %v", f.policies, f.explicit, f.inhibitAny, f.inhibitMap))
		}
	}
	if g.chance(35) {
		g.addLists(f)
	}
	return f
}

// sign makes a certificate; with bad it is signed by another key.
func (g *generator) sign(template *x509.Certificate, parent *pair, bad bool) pair {
	g.t.Helper()
	key := g.keys[g.next%len(g.keys)]
	g.next++
	if parent == nil {
		parent = &pair{template, key}
	}
	signer := parent.Key
	if bad {
		for signer = g.keys[0]; signer == parent.Key; signer = g.keys[g.r.IntN(len(g.keys))] {
			continue
		}
		copied := *parent.Cert
		copied.PublicKey = signer.Public()
		parent = &pair{&copied, signer}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.Cert, key.Public(), signer)
	must(g.t, err)
	cert, err := x509.ParseCertificate(der)
	must(g.t, err)
	return pair{cert, key}
}
