package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/internal/testtool"
)

// estonianSigner is the SHA-256 of the certificate that signs the Estonian test
// list, as its issuer publishes it.
const estonianSigner = "9e4e83973eab8ec3a9f5368d5c983444d8ff9b9de80bb446cdd0c7719ee3adfa"

// listFolder makes a trust folder that follows a list served by the test, with
// its signer pinned when pin is set.
func listFolder(t *testing.T, list []byte, pin bool) (dir string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write(list)
	}))
	t.Cleanup(server.Close)
	dir = t.TempDir()
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("lists.yaml", []byte("url: "+server.URL+"/tl.xml\nnational: EE_T\n"))
	write("domain", []byte("test\n"))
	if err := os.Mkdir(filepath.Join(dir, "signers"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?s)X509Certificate>(.*?)</`).FindAllSubmatch(list, -1) {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(m[1])), ""))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(der)
		if _, err := certs.ParseCertificates(der); err == nil && (hex.EncodeToString(sum[:]) == estonianSigner) == pin {
			write("signers/signer.der", der)
			return dir
		}
	}
	t.Fatal("the list has no such certificate")
	return dir
}

func estonianList(t *testing.T) ([]byte, time.Time) {
	t.Helper()
	list, err := os.ReadFile(testtool.Shared(t, "tsl", "EE_T.xml"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`<(?:\w+:)?ListIssueDateTime>(.*?)<`).FindSubmatch(list)
	if m == nil {
		t.Fatal("the list has no date")
	}
	issued, err := time.Parse(time.RFC3339, string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return list, issued
}

// runAt runs the program at a time.
func runAt(t *testing.T, now time.Time, args ...string) outcome {
	t.Helper()
	var out, errOut bytes.Buffer
	a := &app{out: &out, err: &errOut, now: func() time.Time { return now }}
	config := filepath.Join(t.TempDir(), "eid.yaml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	exit := a.run(t.Context(), append([]string{"--config", config}, args...))
	return outcome{exit, out.String(), errOut.String()}
}

func TestTrustLists(t *testing.T) {
	list, issued := estonianList(t)
	dir, soon := listFolder(t, list, true), issued.AddDate(0, 0, 7)

	runAt(t, soon, "trust", "list", "--trust", dir).want(t, exitIndeterminate, "update")
	runAt(t, soon, "trust", "update", "--trust", dir).want(t, exitOK, "EE_T", "expires")
	runAt(t, soon, "trust", "list", "--trust", dir).want(t, exitOK, "EE_T", "expires")
	runAt(t, soon, "trust", "list", "--json", "--trust", dir).want(t, exitOK, `"next_update"`)
	shown := runAt(t, soon, "trust", "show", "--trust", dir)
	shown.want(t, exitOK, "qualified CA", "time-stamps", "SK ID Solutions")
	runAt(t, soon, "trust", "show", "--json", "--trust", dir, "EE_T").want(t, exitOK, `"subject"`)
	if got := runAt(t, soon, "trust", "show", "--trust", dir, "LV"); got.exit != exitOK || got.out != "" {
		t.Errorf("services of a territory that is not followed: %+v", got)
	}

	// A list past its time is shown as such and trusted no more.
	later := time.Date(2027, 8, 25, 0, 0, 0, 0, time.UTC) // five days past its next update
	runAt(t, later, "trust", "list", "--trust", dir).want(t, exitIndeterminate, "EXPIRED")
	runAt(t, later, "verify", "--trust", dir, document(t)).want(t, exitIndeterminate, "trust update")
	runAt(t, soon, "verify", "--offline", "--trust", dir, document(t)).want(t, exitNotValid)
}

func TestTrustListsRefused(t *testing.T) {
	list, issued := estonianList(t)
	soon := issued.AddDate(0, 0, 7)
	t.Run("signer not pinned", func(t *testing.T) {
		runAt(t, soon, "trust", "update", "--trust", listFolder(t, list, false)).want(t, exitNotValid, "must be signed by")
	})
	t.Run("a status raised", func(t *testing.T) {
		forged := bytes.Replace(list, []byte("vcstatus/undersupervision"), []byte("vcstatus/granted"), 1)
		if bytes.Equal(forged, list) {
			t.Fatal("the list has no service under supervision")
		}
		runAt(t, soon, "trust", "update", "--trust", listFolder(t, forged, true)).want(t, exitNotValid, "signature")
	})
	t.Run("folder without lists", func(t *testing.T) {
		runAt(t, soon, "trust", "list", "--trust", t.TempDir()).want(t, exitInput, "lists.yaml")
	})
	t.Run("unknown field", func(t *testing.T) {
		dir := listFolder(t, list, true)
		if err := os.WriteFile(filepath.Join(dir, "lists.yaml"), []byte("uri: x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		runAt(t, soon, "trust", "list", "--trust", dir).want(t, exitInput, "uri")
	})
}
