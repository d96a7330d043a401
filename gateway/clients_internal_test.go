package gateway

import (
	"net/http"
	"strings"
	"testing"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/throttle"
)

// TestClasses: every route that changes something is counted by a class of its
// own, but for those that are named here.
func TestClasses(t *testing.T) {
	c := Defaults()
	c.Listen, c.Metrics.Listen, c.Data = "127.0.0.1:0", "", t.TempDir()
	c.Sandbox.PKI, c.Sandbox.PKIElsewhere = pkitest.Start(t, nil).Dir, true
	s, err := New(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	plain := map[string]throttle.Class{
		"/auth/logout": throttle.Other, "/csp": throttle.Free,
	}
	seen := map[throttle.Class]int{}
	for _, route := range s.routes {
		class := classOf(route.Method, route.Path)
		if strings.HasPrefix(route.Path, "/review") { // for officials, who are known
			continue
		}
		seen[class]++
		if class > throttle.Other || route.Method == http.MethodGet || route.Method == http.MethodHead || route.Method == http.MethodDelete {
			continue
		}
		if want, named := plain[route.Path]; !named || want != class {
			t.Errorf("%s %s is counted as %s", route.Method, route.Path, class)
		}
	}
	for _, class := range []throttle.Class{throttle.Free, throttle.Other, throttle.Login, throttle.Sign, throttle.Validate, throttle.Verify, throttle.Consent} {
		if seen[class] == 0 {
			t.Errorf("no route is counted as %s", class)
		}
	}
}
