//go:build unix

package browsertest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// chromiumPage is one tab of Chromium.
type chromiumPage struct {
	browser         *chromium
	target, session string
}

// Open implements [Browser].
func (b *chromium) Open(t testing.TB, url string) Page {
	t.Helper()
	p := &chromiumPage{browser: b}
	var created struct {
		TargetID string `json:"targetId"`
	}
	if err := b.call("", "Target.createTarget", map[string]any{"url": url}, &created); err != nil {
		t.Fatal(err)
	}
	p.target = created.TargetID
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	if err := b.call("", "Target.attachToTarget", map[string]any{"targetId": p.target, "flatten": true}, &attached); err != nil {
		t.Fatal(err)
	}
	p.session = attached.SessionID
	for _, domain := range []string{"Log.enable", "Runtime.enable"} {
		if err := b.call(p.session, domain, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var state string
		err := p.Eval("location.href !== 'about:blank' ? document.readyState : ''", &state)
		if err == nil && state == "complete" {
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("loading %s: %v, %q", url, err, state)
		}
	}
}

// Eval implements [Page].
func (p *chromiumPage) Eval(script string, value any) error {
	var got struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	params := map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}
	if err := p.browser.call(p.session, "Runtime.evaluate", params, &got); err != nil {
		return err
	}
	if got.Exception != nil {
		return fmt.Errorf("the script threw: %s %s", got.Exception.Text, got.Exception.Exception.Description)
	}
	if value == nil || len(got.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(got.Result.Value, value)
}

// Close implements [Page].
func (p *chromiumPage) Close(t testing.TB) {
	t.Helper()
	if err := p.browser.call("", "Target.closeTarget", map[string]any{"targetId": p.target}, nil); err != nil {
		t.Fatal(err)
	}
}
