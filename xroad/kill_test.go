package xroad_test

import (
	"bufio"
	"context"
	"crypto"
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/xroad"
)

// killedFolder names the folder of TestKilledChild, which is no test of its own.
const killedFolder = "XROAD_KILLED_FOLDER"

// TestKilled kills a gateway with SIGKILL under load, several times. Afterwards
// the log has both messages of every exchange that a client saw, on both sides,
// each with its record, and the request of every call that the service saw.
func TestKilled(t *testing.T) {
	const rounds = 6
	w := newWorld(t)
	w.instanceText = strings.ReplaceAll(w.instanceText, "gateway: https://"+w.listener.Addr().String(), "server_code: one")
	w.instanceText = strings.ReplaceAll(w.instanceText, "url: "+w.service.URL+"\n", "handler: usage\n")
	w.loadInstance()
	for name, o := range map[string]*organisation{"register": w.register, "company": w.company} {
		if err := w.pki.SaveExchange(o.keys, w.dir, "own-"+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(w.dir, "trust"), os.DirFS(w.pki.TrustDir())); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for range rounds {
		acknowledged = append(acknowledged, killedRound(t, w.dir)...)
	}
	s := storetest.Open(t, "sqlite:"+filepath.Join(w.dir, "log.db"))
	for _, id := range acknowledged {
		var messages, records int
		count := `SELECT (SELECT count(*) FROM xroad_message WHERE request_id = $1), (SELECT count(*) FROM record WHERE request_id = $1)`
		if err := s.QueryRowContext(t.Context(), count, id).Scan(&messages, &records); err != nil || messages != 4 || records != 4 {
			t.Errorf("%s: %d messages, %d records (%v)", id, messages, records, err)
		}
	}
	executed, err := os.ReadFile(filepath.Join(w.dir, "executed"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, id := range strings.Fields(string(executed)) {
		var logged int
		err := s.QueryRowContext(t.Context(), `SELECT count(*) FROM xroad_message WHERE request_id = $1 AND side = 'provider' AND part = 'request'`, id).Scan(&logged)
		if err != nil || logged != 1 || seen[id] {
			t.Errorf("executed %s: logged %d times (%v), seen before %v", id, logged, err, seen[id])
		}
		seen[id] = true
	}
	if len(acknowledged) < rounds || len(seen) < len(acknowledged) {
		t.Errorf("%d acknowledged, %d executed", len(acknowledged), len(seen))
	}
}

// killedRound runs a child under load until it is killed, and gives the request
// ids of exchanges that a client saw the whole answer to.
func killedRound(t *testing.T, dir string) (ids []string) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestKilledChild$", "-test.v") //nolint:noctx // ends by SIGKILL
	c.Env = append(os.Environ(), killedFolder+"="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	address := ""
	for scan := bufio.NewScanner(out); address == "" && scan.Scan(); {
		_, address, _ = strings.Cut(scan.Text(), "listening on ")
	}
	if address == "" {
		t.Fatal("the child did not start")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	var mu sync.Mutex
	var wait sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				id, ok := askOnce(address)
				if ok {
					mu.Lock()
					ids = append(ids, id)
					if len(ids) == 40 { // in the middle of everything
						_ = c.Process.Kill()
						close(stop)
					}
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	_ = c.Wait() // killed
	return ids
}

func askOnce(address string) (id string, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", "http://"+address+whole, strings.NewReader("body"))
	if err != nil {
		return "", false
	}
	r.Header.Set("X-Road-Client", client)
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return "", false
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	return a.Header.Get("X-Road-Request-Id"), err == nil && a.StatusCode == 200 && string(text) == "done"
}

// TestKilledChild is the process that TestKilled kills.
func TestKilledChild(t *testing.T) {
	dir := os.Getenv(killedFolder)
	if dir == "" {
		t.Skip("run by TestKilled")
	}
	s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(dir, "log.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context(), map[string]fs.FS{"xroad": xroad.Migrations}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ExecContext(t.Context(), `CREATE TABLE IF NOT EXISTS record (request_id TEXT, side TEXT, stage TEXT, PRIMARY KEY (request_id, side, stage))`); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := killedGateway(t, dir, s)
	fmt.Printf("listening on %s\n", l.Addr())
	t.Fatal((&http.Server{Handler: g.Consumer(), ReadHeaderTimeout: time.Minute}).Serve(l))
}

func killedGateway(t *testing.T, dir string, s *store.Store) *xroad.Gateway {
	t.Helper()
	in, err := xroad.LoadInstance(filepath.Join(dir, "instance.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := certs.LoadStore(filepath.Join(dir, "trust"))
	if err != nil {
		t.Fatal(err)
	}
	executed, err := os.OpenFile(filepath.Join(dir, "executed"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	key := func(name string) crypto.Signer {
		c, err := tls.LoadX509KeyPair(filepath.Join(dir, "own-"+name+"-sign.pem"), filepath.Join(dir, "own-"+name+"-sign.key"))
		if err != nil {
			t.Fatal(err)
		}
		return c.PrivateKey.(crypto.Signer)
	}
	g, err := xroad.New(xroad.Options{
		Instance: in, Database: s,
		Keys: map[xroad.ClientID]crypto.Signer{
			{Instance: "DEMO", Class: "GOV", Code: "70000001"}: key("register"), {Instance: "DEMO", Class: "COM", Code: "12345678"}: key("company"),
		},
		Verifier: &certs.Verifier{Store: trust, Revocation: &ocsp.Client{Cache: &ocsp.Cache{}}},
		Record: func(ctx context.Context, tx db.Querier, a xroad.Access) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO record VALUES ($1, $2, $3)`, a.RequestID, string(a.Side), string(a.Stage))
			return err
		},
		Handlers: map[string]http.Handler{"usage": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = executed.WriteString(r.Header.Get("X-Road-Request-Id") + "\n")
			_, _ = io.WriteString(w, "done")
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
