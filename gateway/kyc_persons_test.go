package gateway_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/fault"
	"eidgate/internal/testtool"
	"eidgate/kyc"
)

// before puts a session into a database as the program kept it before it
// encrypted persons.
func before(t *testing.T, address string) {
	t.Helper()
	c := gateway.Defaults()
	c.Data, c.Database = t.TempDir(), address
	if _, _, err := gateway.NewKey(t.Context(), c, "Näidis OÜ", nil); err != nil { // makes the tables
		t.Fatal(err)
	}
	s := storetest.Open(t, address)
	for _, statement := range []string{
		`INSERT INTO kyc_session (id, client, link, browser, status, error, purpose, claims, granted, minimum, return_url, reference, created, expires, verified, person)
		 SELECT 'vs_old', id, 'link', '', 'verified', '', 'Opening an account', '["given_name"]', '["given_name"]', '', '', '', 1, 2, 9000000000000000,
		 CAST('{"given_name":"PLAINGIVEN","family_name":"PLAINFAMILY","identifier":"PNOEE-38001085718","assurance":"high"}' AS BYTEA) FROM kyc_client`,
	} {
		if s.Dialect() == "sqlite" {
			statement = strings.Replace(statement, "AS BYTEA", "AS BLOB", 1)
		}
		if _, err := s.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func keeps(t *testing.T, address, text string) bool {
	t.Helper()
	if strings.HasPrefix(address, "postgres") {
		out := testtool.Run(t, testtool.Need(t, "pg_dump"), address)
		return strings.Contains(out, text) || strings.Contains(out, string(appendHex(text)))
	}
	files, err := filepath.Glob(strings.TrimPrefix(address, "sqlite:") + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}

func appendHex(text string) (out []byte) {
	for i := range len(text) {
		out = append(out, "0123456789abcdef"[text[i]>>4], "0123456789abcdef"[text[i]&15])
	}
	return out
}

// A database from before is encrypted when the service starts: the names are
// nowhere in it, not in pages that are free either.
func TestPersonsFromBeforeAreEncrypted(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		before(t, address)
		if !keeps(t, address, "PLAINGIVEN") {
			t.Fatal("there is nothing to encrypt")
		}
		var log *gatewaytest.Log
		node := gatewaytest.Start(t, gatewaytest.Options{Database: address})
		log = node.Log
		for _, secret := range []string{"PLAINGIVEN", "PLAINFAMILY", "38001085718"} {
			if keeps(t, address, secret) {
				t.Errorf("the database still has %q", secret)
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log has %q", secret)
			}
		}
		if !strings.Contains(log.String(), `"sessions":1`) {
			t.Error("the log does not say what was encrypted")
		}
	})
}

// Without its key the service does not start, and says which file is missing.
func TestStartWithoutTheKeyOfPersons(t *testing.T) {
	address := storetest.SQLite(t)
	before(t, address)
	node := gatewaytest.Start(t, gatewaytest.Options{Database: address})
	node.Stop(t)
	for name, content := range map[string]string{
		"another key": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n", "half a key": "QUFB\n", "no key": "# none\n",
	} {
		want := map[string]string{"another key": kyc.ErrPersonKey.Code()}[name]
		if want == "" {
			want = "config.secret"
		}
		c := gateway.Defaults()
		c.Listen, c.Metrics.Listen, c.Data, c.Database = "localhost:0", "127.0.0.1:0", t.TempDir(), address
		c.Sandbox.PKI, c.Sandbox.PKIElsewhere = node.World.Dir, true
		c.Ledger.Tiles, c.Ledger.Head = filepath.Join(node.Data, "ledger", "tiles"), filepath.Join(node.Data, "ledger", "head")
		file := filepath.Join(node.World.Dir, "service", "kyc-persons.keys")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		server, err := gateway.New(t.Context(), c, gateway.Options{})
		if fault.CodeOf(err) != want || fault.HintOf(err) == "" {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		if err == nil {
			t.Error(errors.Join(server.Close()))
		}
	}
}
