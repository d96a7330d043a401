package gateway_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
)

// A service killed again and again under mixed load: every attestation and
// exchange that was acknowledged has its event in the ledger, none twice, and
// the ledger opens each time. EIDGATE_KILLS sets how often it is killed on each
// database (10 and 3 by default) and EIDGATE_SEED other moments.
func TestKilledUnderMixedLoad(t *testing.T) {
	program := gatewaytest.Build(t)
	for _, on := range []struct {
		name     string
		rounds   int
		database func(testing.TB) string
	}{
		{"sqlite", number(t, "EIDGATE_KILLS", 10), nil},
		{"postgres", number(t, "EIDGATE_KILLS", 3), storetest.Postgres},
	} {
		t.Run(on.name, func(t *testing.T) {
			more := "log: {level: warn}\n"
			if on.database != nil {
				more += "database: '" + on.database(t) + "'\n"
			}
			killAndCheck(t, gatewaytest.NewProcess(t, program, more), on.rounds)
		})
	}
}

func number(t testing.TB, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func killAndCheck(t *testing.T, p *gatewaytest.Process, rounds int) {
	c, err := gateway.Load(p.Config)
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := gateway.NewKey(t.Context(), c, "Näidis OÜ", nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Start(t)
	seed := uint64(number(t, "EIDGATE_SEED", 20261123))
	t.Logf("seed %d", seed)
	random := mathrand.New(mathrand.NewPCG(seed, 1))
	l := &load{process: p, key: key, unanswered: map[string]bool{}}
	for range attesting {
		browser := p.Client(t)
		if err := l.login(browser); err != nil {
			t.Fatal(err)
		}
		l.browsers = append(l.browsers, browser)
	}
	for round := range rounds {
		l.killedOnce(t, 1+random.IntN(30), time.Duration(random.IntN(30_000))*time.Microsecond)
		if round%5 == 4 { // and while it starts
			p.Begin(t)
			time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
			p.Kill()
		}
		p.Start(t)
		l.retry(t)
	}
	l.check(t, c)
}

const attesting = 3 // clients

// load is what clients do and what they were told.
type load struct {
	process  *gatewaytest.Process
	key      string
	browsers []*http.Client // one person's, logged in; sessions outlive the process

	mu           sync.Mutex // guards what follows
	total        int
	logins       int
	attestations []string
	exchanges    []string        // x-road-request-id
	denials      []string        // x-road-id
	unanswered   map[string]bool // sessions asked to be attested; the idempotency key too
}

// killedOnce lets clients work until about so many acknowledgements, and a
// moment longer.
func (l *load) killedOnce(t *testing.T, acknowledgements int, longer time.Duration) {
	t.Helper()
	before := l.acknowledged()
	var clients sync.WaitGroup
	work := slices.Concat(slices.Repeat([]func(*http.Client) error{l.attest}, attesting),
		[]func(*http.Client) error{l.exchange, l.exchange, l.denied, l.login})
	for i, work := range work {
		client := l.process.Client(t)
		client.Timeout = time.Minute // instead of hanging for ever
		if i < attesting {
			client.Jar = l.browsers[i].Jar
		}
		clients.Go(func() {
			defer client.CloseIdleConnections()
			for {
				if err := work(client); err != nil {
					if refused, ok := err.(answerError); ok { //nolint:errorlint // made here
						t.Errorf("refused: %v", refused)
					}
					return
				}
			}
		})
	}
	for deadline := time.Now().Add(time.Minute); l.acknowledged() < before+acknowledgements && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(longer)
	l.process.Kill()
	clients.Wait()
	if l.acknowledged() == before {
		t.Error("nothing was acknowledged in this round")
	}
}

func (l *load) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func (l *load) note(what func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	what()
}

// answerError is an answer of the service that is not the one meant: the load
// is all allowed.
type answerError struct{ text string }

func (a answerError) Error() string { return a.text }

// ask sends a request and reads its whole answer.
func ask(client *http.Client, r *http.Request, want int) (http.Header, []byte, error) {
	response, err := client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode != want {
		return nil, nil, answerError{fmt.Sprintf("%s %s: %d %s", r.Method, r.URL.Path, response.StatusCode, body)}
	}
	return response.Header, body, nil
}

func (l *load) request(method, address, mediaType, body string) *http.Request {
	if strings.HasPrefix(address, "/") {
		address = l.process.URL + address
	}
	r, err := http.NewRequest(method, address, strings.NewReader(body)) //nolint:noctx // the client has its timeout
	if err != nil {
		panic(err) // addresses of the test and the service
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	return r
}

const form = "application/x-www-form-urlencoded"

func (l *load) login(client *http.Client) error {
	_, _, err := ask(client, l.request(http.MethodPost, "/auth/persona", form, "persona=jaak"), http.StatusSeeOther)
	if err == nil {
		l.note(func() { l.logins++ })
	}
	return err
}

func (l *load) api(client *http.Client, path, body string, into any, headers ...string) error {
	r := l.request(http.MethodPost, path, "application/json", body)
	r.Header.Set("Authorization", "Bearer "+l.key)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	_, answer, err := ask(client, r, http.StatusCreated)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// attest is a whole verification: asked for, granted by the person, attested.
func (l *load) attest(client *http.Client) error {
	var session struct{ ID, URL string }
	err := l.api(client, "/v1/verification_sessions", `{"purpose":"Opening an account","requested_claims":["given_name","family_name"]}`, &session)
	if err != nil {
		return err
	}
	if _, _, err := ask(client, l.request(http.MethodGet, session.URL, "", ""), http.StatusOK); err != nil {
		return err
	}
	grant := url.Values{"claim": {"given_name", "family_name"}, "decision": {"grant"}}.Encode()
	if _, _, err := ask(client, l.request(http.MethodPost, session.URL, form, grant), http.StatusSeeOther); err != nil {
		return err
	}
	return l.attestSession(client, session.ID)
}

func (l *load) attestSession(client *http.Client, session string) error {
	l.mu.Lock()
	l.unanswered[session] = true
	l.mu.Unlock()
	var made struct{ ID string }
	err := l.api(client, "/v1/attestations", `{"session":"`+session+`"}`, &made, "Idempotency-Key", session)
	if err != nil {
		return err
	}
	l.note(func() {
		delete(l.unanswered, session)
		l.attestations = append(l.attestations, made.ID)
	})
	return nil
}

// retry asks again for what was not answered before the end.
func (l *load) retry(t *testing.T) {
	t.Helper()
	client := l.process.Client(t)
	defer client.CloseIdleConnections()
	l.mu.Lock()
	sessions := slices.Collect(maps.Keys(l.unanswered))
	l.mu.Unlock()
	for _, session := range sessions {
		if err := l.attestSession(client, session); err != nil {
			t.Errorf("asking again: %v", err)
		}
	}
}

// read asks the register and gives the identifiers of the exchange: ours and
// the gateway's, which answers alone have.
func (l *load) read(client *http.Client, subsystem string, want int) (message, id string, err error) {
	message = rand.Text()
	r := l.request(http.MethodGet, "/r1/DEMO/GOV/70000001/population/persons/", "", "")
	r.Header.Set("X-Road-Client", "DEMO/GOV/70000002/"+subsystem)
	r.Header.Set("X-Road-Id", message)
	r.Header.Set("X-Road-UserId", "EE47101010033")
	r.Header.Set("X-Road-Issue", "T-2026-7")
	r.Header.Set("X-Person", "PNOEE-38001085718")
	header, _, err := ask(client, r, want)
	return message, header.Get("X-Road-Request-Id"), err
}

func (l *load) exchange(client *http.Client) error {
	_, id, err := l.read(client, "tax", http.StatusOK)
	if err == nil {
		l.note(func() { l.exchanges = append(l.exchanges, id) })
	}
	return err
}

func (l *load) denied(client *http.Client) error {
	message, _, err := l.read(client, "statistics", http.StatusInternalServerError)
	if err == nil {
		l.note(func() { l.denials = append(l.denials, message) })
	}
	return err
}
