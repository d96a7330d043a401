package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
)

type readyAnswer struct {
	Ready  bool
	Checks map[string]struct {
		OK   bool
		Code string
	}
}

func readyz(t *testing.T, n *gatewaytest.Node) (int, readyAnswer) {
	t.Helper()
	resp, body := get(t, n, "/readyz")
	var a readyAnswer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return resp.StatusCode, a
}

// eventually waits for a service to notice.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 600 {
		if done() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s: it does not happen", what)
}

// TestReadyTellsWhatIsAway: each service that is down is named, with a code,
// and back again it is ready.
func TestReadyTellsWhatIsAway(t *testing.T) {
	for service, check := range map[string]string{"ocsp": "ocsp", "tsa": "tsa"} {
		for _, outage := range []pki.Outage{pki.OutageDown, pki.OutageGarbage} {
			t.Run(service+" "+string(outage), func(t *testing.T) {
				n := gatewaytest.Start(t, gatewaytest.Options{})
				if err := n.World.SetOutage(service, outage); err != nil {
					t.Fatal(err)
				}
				status, a := readyz(t, n)
				if status != http.StatusServiceUnavailable || a.Ready || a.Checks[check].OK || a.Checks[check].Code == "" || !a.Checks["database"].OK {
					t.Errorf("%d %+v", status, a)
				}
				if err := n.World.SetOutage(service, pki.OutageNone); err != nil {
					t.Fatal(err)
				}
				eventually(t, "ready again", func() bool { status, _ := readyz(t, n); return status == http.StatusOK })
			})
		}
	}
}

// TestReadyKnowsTheClock: a clock before the certificates were made, or away
// from the database's.
func TestReadyKnowsTheClock(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		n := gatewaytest.Start(t, gatewaytest.Options{Database: address, Now: func() time.Time { return time.Now().AddDate(0, 0, -200) }})
		if _, a := readyz(t, n); a.Ready || a.Checks["clock"].OK || a.Checks["clock"].Code != "ready.clock" {
			t.Errorf("%+v", a)
		}
	})
	n := gatewaytest.Start(t, gatewaytest.Options{Database: storetest.Postgres(t), Now: func() time.Time { return time.Now().Add(time.Minute) }})
	if _, a := readyz(t, n); a.Ready || a.Checks["clock"].OK {
		t.Errorf("a minute ahead of the database: %+v", a)
	}
}

// TestDatabaseAwayAndBack stops PostgreSQL for real: 503 with a code in the
// meantime, for pages as for programs, and it goes on by itself; a session from
// before still lives.
func TestDatabaseAwayAndBack(t *testing.T) {
	server := storetest.NewServer(t)
	n := gatewaytest.Start(t, gatewaytest.Options{Database: server.Database(t)})
	n.LoginCard(t)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	resp, body := get(t, n, "/auth/challenge")
	if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "store.unavailable") || resp.Header.Get("Retry-After") == "" {
		t.Errorf("challenge: %d %s", resp.StatusCode, body)
	}
	if strings.Contains(body, "eidgate-pg") || strings.Contains(body, "dial") {
		t.Errorf("the answer tells of the inside: %s", body)
	}
	if resp, _ := get(t, n, "/healthz"); resp.StatusCode != http.StatusOK {
		t.Errorf("healthz: %d", resp.StatusCode)
	}
	eventually(t, "not ready", func() bool {
		status, a := readyz(t, n)
		return status == http.StatusServiceUnavailable && a.Checks["database"].Code == "store.unavailable"
	})
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "ready", func() bool { status, _ := readyz(t, n); return status == http.StatusOK })
	if !loggedIn(t, n) {
		t.Error("the session is lost")
	}
	n.LoginCard(t)
}
