package throttle

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// clock is moved by the test.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func options(c *clock) Options {
	o := Options{Rates: map[Class]Rates{}, Remembered: 100, AtOnce: 3, Now: c.Now, Metrics: prometheus.NewRegistry()}
	for class := Other; int(class) < classes; class++ {
		o.Rates[class] = Rates{Address: Rate{PerMinute: 60, Burst: 5}, Holder: Rate{PerMinute: 6, Burst: 2}}
	}
	return o
}

func start(t *testing.T, change func(*Options)) (*Throttle, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	o := options(c)
	if change != nil {
		change(&o)
	}
	throttle, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return throttle, c
}

func request(remote string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/signatures", http.NoBody)
	r.RemoteAddr = remote
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// passes counts how many of so many requests pass.
func (t *Throttle) passes(class Class, r *http.Request, of int) (passed int) {
	for range of {
		if t.take(class, t.addressOf(r), holderOf(r)) == 0 {
			passed++
		}
	}
	return passed
}

// TestBuckets: a burst, then the rate; each class, address and holder by itself.
func TestBuckets(t *testing.T) {
	limit, c := start(t, nil)
	one, other := request("192.0.2.1:1000"), request("192.0.2.2:1000")
	for _, step := range []struct {
		says  string
		class Class
		r     *http.Request
		later time.Duration
		want  int
	}{
		{"a burst", Login, one, 0, 5},
		{"it is over", Login, one, 0, 0},
		{"from another port", Login, request("192.0.2.1:9"), 0, 0},
		{"another class", Sign, one, 0, 5},
		{"another address", Login, other, 0, 5},
		{"a second later", Login, one, time.Second, 1},
		{"never above the burst", Login, one, time.Hour, 5},
		{"free", Free, one, 0, 20},
	} {
		c.now = c.now.Add(step.later)
		if got := limit.passes(step.class, step.r, 20); got != step.want {
			t.Errorf("%s: %d pass, want %d", step.says, got, step.want)
		}
	}
}

// TestHolders: a session or a key has less than its address, and being somebody
// else is no way around the address.
func TestHolders(t *testing.T) {
	for name, header := range map[string][2]string{"session": {"Cookie", "__Host-session=aaaa"}, "key": {"Authorization", "Bearer sk_a"}} {
		limit, _ := start(t, nil)
		if got := limit.passes(Sign, request("192.0.2.1:1", header[0], header[1]), 4); got != 2 {
			t.Errorf("%s: %d pass", name, got)
		}
		if got := limit.passes(Sign, request("192.0.2.7:1", header[0], strings.Replace(header[1], "Bearer", "bearer", 1)), 4); got != 0 {
			t.Errorf("%s from another address: %d pass", name, got)
		}
		passed := 0
		for i := range 20 {
			passed += limit.passes(Sign, request("192.0.2.1:1", header[0], header[1]+strconv.Itoa(i)), 1)
		}
		if passed != 1 { // four of the five went to the first
			t.Errorf("%s, invented ones: %d pass", name, passed)
		}
	}
}

// TestAddresses: who a client is, and whose word counts for it.
func TestAddresses(t *testing.T) {
	limit, _ := start(t, func(o *Options) {
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::1/128")}
	})
	for name, test := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"IPv4":                           {"192.0.2.1:80", nil, "192.0.2.1/32"},
		"IPv6":                           {"[2001:db8:1:2:3::4]:80", nil, "2001:db8:1:2::/64"},
		"IPv4 in IPv6":                   {"[::ffff:192.0.2.1]:80", nil, "192.0.2.1/32"},
		"a zone":                         {"[fe80::1%eth0]:80", nil, "fe80::/64"},
		"nobody vouches":                 {"192.0.2.1:80", []string{"203.0.113.5"}, "192.0.2.1/32"},
		"a proxy's client":               {"10.0.0.1:80", []string{"203.0.113.5"}, "203.0.113.5/32"},
		"a proxy without word":           {"10.0.0.1:80", nil, "10.0.0.1/32"},
		"what the client wrote":          {"10.0.0.1:80", []string{"198.51.100.1, 203.0.113.5"}, "203.0.113.5/32"},
		"in a header of its own":         {"10.0.0.1:80", []string{"198.51.100.1", "203.0.113.5"}, "203.0.113.5/32"},
		"two proxies":                    {"10.0.0.1:80", []string{"198.51.100.1, 203.0.113.5, 10.9.9.9"}, "203.0.113.5/32"},
		"a client that names a proxy":    {"10.0.0.1:80", []string{"10.5.5.5, 203.0.113.5"}, "203.0.113.5/32"},
		"only proxies":                   {"10.0.0.1:80", []string{"10.5.5.5, 10.6.6.6"}, "10.5.5.5/32"},
		"IPv6 proxy and client":          {"[fd00::1]:80", []string{"2001:db8:7:8::9"}, "2001:db8:7:8::/64"},
		"with a port":                    {"10.0.0.1:80", []string{"203.0.113.5:4711"}, "203.0.113.5/32"},
		"IPv6 with a port":               {"10.0.0.1:80", []string{"[2001:db8:7:8::9]:4711"}, "2001:db8:7:8::/64"},
		"IPv6 in brackets":               {"10.0.0.1:80", []string{"[2001:db8:7:8::9]"}, "2001:db8:7:8::/64"},
		"nonsense":                       {"10.0.0.1:80", []string{"203.0.113.5, unknown"}, "10.0.0.1/32"},
		"nothing between commas":         {"10.0.0.1:80", []string{"203.0.113.5,"}, "10.0.0.1/32"},
		"a proxy's address in IPv6 form": {"[::ffff:10.0.0.1]:80", []string{"203.0.113.5"}, "203.0.113.5/32"},
		"no address at all":              {"@", []string{"203.0.113.5"}, "invalid Prefix"},
	} {
		r := request(test.remote)
		r.Header["X-Forwarded-For"] = test.forwarded
		if got := limit.addressOf(r).String(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestNeighbours: addresses of one /64 are one client, those of the next are not.
func TestNeighbours(t *testing.T) {
	limit, _ := start(t, nil)
	passed := 0
	for i := range 20 {
		passed += limit.passes(Login, request("[2001:db8:1:2::"+strconv.Itoa(i)+"]:80"), 1)
	}
	if passed != 5 || limit.passes(Login, request("[2001:db8:1:3::1]:80"), 9) != 5 {
		t.Errorf("%d pass", passed)
	}
}

// TestMemory: however many come, so many are remembered, and those who go on
// asking are.
func TestMemory(t *testing.T) {
	limit, _ := start(t, nil)
	busy := request("192.0.2.1:80")
	limit.passes(Login, busy, 5)
	for i := range 50_000 {
		r := request("[2001:db8:"+strconv.FormatInt(int64(i), 16)+"::1]:80", "Cookie", "__Host-session="+strconv.Itoa(i))
		limit.passes(Login, r, 1)
		if i%50 == 0 && limit.passes(Login, busy, 1) != 0 {
			t.Fatal("a client that goes on asking was forgotten")
		}
	}
	if a, h := limit.addresses.count(), limit.holders.count(); a != 100 || h != 100 || limit.addresses.order.Len() != 100 {
		t.Errorf("%d addresses and %d holders are remembered", a, h)
	}
	limit.passes(Login, request("192.0.2.9:80"), 5)
	for i := range 100 {
		limit.passes(Login, request("192.0.3."+strconv.Itoa(i)+":80"), 1)
	}
	if limit.passes(Login, request("192.0.2.9:80"), 9) != 5 {
		t.Error("who was forgotten has no full bucket")
	}
}

// TestHandler: 429 with when to come again, rounded up; the handler is not run.
func TestHandler(t *testing.T) {
	registry := prometheus.NewRegistry()
	limit, _ := start(t, func(o *Options) {
		o.Metrics = registry
		o.Rates[Sign] = Rates{Address: Rate{PerMinute: 40, Burst: 1}, Holder: Rate{PerMinute: 6, Burst: 1}}
	})
	gin.SetMode(gin.TestMode)
	engine, ran := gin.New(), 0
	engine.Use(limit.Handler(func(method, route string) Class {
		if method == http.MethodPost && route == "/v1/signatures" {
			return Sign
		}
		return Other
	}))
	engine.POST("/v1/signatures", func(*gin.Context) { ran++ })
	for i, want := range []struct {
		r          *http.Request
		status     int
		retryAfter string
	}{
		{request("192.0.2.1:80"), 200, ""},
		{request("192.0.2.1:80"), 429, "2"}, // one in 1.5 s
		{request("192.0.2.2:80", "Cookie", "__Host-session=a"), 200, ""},
		{request("192.0.2.3:80", "Cookie", "__Host-session=a"), 429, "10"},
	} {
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, want.r)
		if w.Code != want.status || w.Header().Get("Retry-After") != want.retryAfter {
			t.Errorf("request %d: %d, Retry-After %q", i, w.Code, w.Header().Get("Retry-After"))
		}
		if want.status == 429 && (!strings.Contains(w.Body.String(), `"code":"request.too-many"`) || w.Header().Get("Content-Type") != "application/problem+json") {
			t.Errorf("request %d: %s", i, w.Body.String())
		}
	}
	if ran != 2 {
		t.Errorf("the handler ran %d times", ran)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, family := range families {
		for _, m := range family.GetMetric() {
			seen = append(seen, fmt.Sprintf("%s %v %v", family.GetName(), m.GetLabel()[0].GetValue(), m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	want := "eidgate_throttle_clients address 3|eidgate_throttle_clients holder 1|eidgate_throttled_total address 1|eidgate_throttled_total holder 1"
	if got := strings.Join(seen, "|"); got != want {
		t.Errorf("metrics %s\nwant    %s", got, want)
	}
}

// TestAtOnce: an address has so many documents under way and no more; others and
// other requests go on, and what ended makes room, also when it panicked.
func TestAtOnce(t *testing.T) {
	limit, _ := start(t, nil)
	gin.SetMode(gin.TestMode)
	engine, release, entered := gin.New(), make(chan struct{}), make(chan struct{})
	engine.Use(limit.Handler(func(method, _ string) Class {
		if method == http.MethodPost {
			return Validate
		}
		return Other
	}))
	engine.POST("/v1/signatures", func(c *gin.Context) {
		entered <- struct{}{}
		<-release
		if c.GetHeader("Panic") != "" {
			panic(http.ErrAbortHandler)
		}
	})
	engine.GET("/", func(*gin.Context) {})
	serve := func(r *http.Request) int {
		defer func() { _ = recover() }()
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		return w.Code
	}
	var running sync.WaitGroup
	for i := range 3 {
		r := request("192.0.2.1:1", "Panic", []string{"", "", "yes"}[i])
		running.Go(func() { serve(r) })
		<-entered
	}
	if got := serve(request("192.0.2.1:1")); got != http.StatusTooManyRequests {
		t.Errorf("a fourth: %d", got)
	}
	if got := serve(httptest.NewRequest(http.MethodGet, "/", http.NoBody)); got != http.StatusOK {
		t.Errorf("something else: %d", got)
	}
	running.Go(func() { serve(request("192.0.2.2:1")) })
	<-entered
	close(release)
	running.Wait()
	if len(limit.inflight.count) != 0 {
		t.Errorf("after all ended: %v", limit.inflight.count)
	}
}

// TestTogether: requests at the same moment share one bucket.
func TestTogether(t *testing.T) {
	limit, _ := start(t, nil)
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { passed.Add(int64(limit.passes(Login, request("192.0.2.1:80"), 20))) })
	}
	all.Wait()
	if passed.Load() != 5 {
		t.Errorf("%d pass", passed.Load())
	}
}

func TestOptions(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no clock": func(o *Options) { o.Now = nil }, "no metrics": func(o *Options) { o.Metrics = nil }, "none at once": func(o *Options) { o.AtOnce = 0 }, "no memory": func(o *Options) { o.Remembered = 0 },
		"a class is missing": func(o *Options) { delete(o.Rates, Consent) },
		"no burst":           func(o *Options) { o.Rates[Login] = Rates{Address: Rate{1, 1}, Holder: Rate{1, 0}} },
	} {
		o := options(&clock{})
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzForwarded: whatever a client writes, the address is that of the last
// untrusted hop, and a client without a trusted proxy is who it is.
func FuzzForwarded(f *testing.F) {
	f.Add("203.0.113.5, 10.0.0.1")
	f.Add("[2001:db8::1]:80,,x")
	limit, err := New(options(&clock{}))
	if err != nil {
		f.Fatal(err)
	}
	limit.options.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, written string) {
		if got := limit.addressOf(request("192.0.2.1:80", "X-Forwarded-For", written)); got.String() != "192.0.2.1/32" {
			t.Errorf("%q made it %s", written, got)
		}
		if got := limit.addressOf(request("10.0.0.1:80", "X-Forwarded-For", written+", 203.0.113.5")); got.String() != "203.0.113.5/32" {
			t.Errorf("%q behind a proxy made it %s", written, got)
		}
	})
}
