package pages_test

import (
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/fault"
	"eidgate/kyc/client"
	"eidgate/kyc/sdjwt"
)

// startup makes an API key in a node's database and gives the company's program.
func startup(t *testing.T, n *gatewaytest.Node, database string, returns ...string) *client.Client {
	t.Helper()
	c := gateway.Defaults()
	c.Data, c.Database, c.Sandbox.PKI, c.Sandbox.PKIElsewhere = n.Data, database, n.World.Dir, true
	_, key, err := gateway.NewKey(context.WithoutCancel(t.Context()), c, "Näidis OÜ", append(returns, "https://startup.example"))
	if err != nil {
		t.Fatal(err)
	}
	return &client.Client{Origin: n.URL, Key: key, HTTP: n.NewClient(t)}
}

var asked = []string{"given_name", "family_name", "personal_administrative_number", "age_equal_or_over.18"}

func begin(t *testing.T, c *client.Client, back string) *client.Session {
	t.Helper()
	s, err := c.CreateSession(t.Context(), client.NewSession{Purpose: "Opening an <account>", Claims: asked, ReturnURL: back})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// path is a page's on its node.
func path(t *testing.T, page string) string {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

// answer posts the form of a page.
func answer(t *testing.T, n *gatewaytest.Node, browser *http.Client, path string, form url.Values) (status int, location, page string) {
	t.Helper()
	response, err := browser.PostForm(n.URL+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Location"), string(body)
}

// A company asks, a person consents with her card, the company has it attested
// and verifies without the service; all over HTTP and without JavaScript.
func TestConsent(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		n := gatewaytest.Start(t, gatewaytest.Options{Database: address})
		consentWithCard(t, n, startup(t, n, address))
	})
}

func consentWithCard(t *testing.T, n *gatewaytest.Node, company *client.Client) {
	t.Helper()
	session := begin(t, company, "https://startup.example/done?x=1")
	at := path(t, session.URL)
	status, _, page := get(t, n, at)
	if status != http.StatusOK || !strings.Contains(page, "Opening an &lt;account&gt;") || !strings.Contains(page, "Näidis OÜ") || strings.Contains(page, "<fieldset") ||
		!strings.Contains(page, `href="/login?return=`+strings.ReplaceAll(at, "/", "%2f")) {
		t.Fatalf("before the login: %d %s", status, page)
	}
	n.LoginCard(t)
	status, _, page = get(t, n, at)
	if status != http.StatusOK || strings.Count(page, `type="checkbox"`) != len(asked) || strings.Contains(page, " checked") || strings.Contains(page, "PNOEE") ||
		!strings.Contains(page, n.Card.Surname) || !strings.Contains(page, "startup.example") || !strings.Contains(page, "That you are 18 or older") {
		t.Fatalf("after the login: %d %s", status, page)
	}
	status, _, page = answer(t, n, n.Client, at, url.Values{"decision": {"grant"}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, `role="alert"`) {
		t.Errorf("nothing chosen: %d %s", status, page)
	}
	form := url.Values{"decision": {"grant"}, "claim": {"family_name", "age_equal_or_over.18"}}
	for range 2 { // sent twice by a double click
		if status, location, page := answer(t, n, n.Client, at, form); status != http.StatusSeeOther || location != at {
			t.Fatalf("%d to %s: %s", status, location, page)
		}
	}
	back := "https://startup.example/done?verification_session=" + session.ID + "&amp;x=1"
	if _, _, page = get(t, n, at); !strings.Contains(page, `href="`+back+`"`) || !strings.Contains(page, "<h1>Given</h1>") {
		t.Errorf("afterwards: %s", page)
	}
	result, err := company.Result(t.Context(), session.ID)
	if err != nil || !strings.Contains(string(result), `"family_name":"`+n.Card.Surname+`"`) || strings.Contains(string(result), n.Card.GivenNames) {
		t.Errorf("%s, %v", result, err)
	}
	attested(t, n, company, session.ID)
}

// attested has a result attested and sees the attestation revoked.
func attested(t *testing.T, n *gatewaytest.Node, company *client.Client, session string) {
	t.Helper()
	issued, err := company.Attest(t.Context(), client.NewAttestation{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	v, err := client.NewVerifier(client.VerifierOptions{
		Anchors: []*x509.Certificate{n.World.Root()}, Types: []string{n.URL + "/vct/eid-kyc/v1"}, HTTP: n.NewClient(t), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := v.Verify(t.Context(), issued.Text, sdjwt.Expect{})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Check(t.Context(), verified); err != nil {
		t.Fatal(err)
	}
	if _, err := company.Revoke(t.Context(), issued.ID); err != nil {
		t.Fatal(err)
	}
	now = now.Add(61 * time.Second)
	if err := v.Check(t.Context(), verified); fault.CodeOf(err) != client.ErrRevoked.Code() {
		t.Error(err)
	}
}
