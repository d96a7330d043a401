package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
)

func get(t *testing.T, n *gatewaytest.Node, path string) (*http.Response, string) {
	t.Helper()
	resp, err := n.Client.Get(n.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestLoginsOfBothKinds(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		n := gatewaytest.Start(t, gatewaytest.Options{Database: address})
		n.LoginCard(t)
		n.LoginPersona(t, "yejin")
		if resp, body := get(t, n, "/readyz"); resp.StatusCode != http.StatusOK || !strings.Contains(body, `"ready":true`) {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
}
