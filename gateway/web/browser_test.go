//go:build unix

package web_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/web"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/axetest"
	"eidgate/internal/testtool"
)

// policy is as strict as that of the service.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// site serves the sample pages under the policy of the real service.
type site struct{ port string }

func serve(t *testing.T) *site {
	t.Helper()
	s := new(site)
	pages := renderer(t, web.Options{Sandbox: true, Visitor: func(r *http.Request) web.Visitor {
		if r.URL.Path == "/account" || r.URL.Path == "/consent" {
			return web.Visitor{Name: "ÕNNE-LIIS ŠMIDT", Persona: true}
		}
		if name, long := strings.CutPrefix(r.URL.Path, "/account-long"); long {
			i, _ := strconv.Atoi(name)
			return web.Visitor{Name: longNames()[i]}
		}
		return web.Visitor{}
	}})
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	pages.Mount(router)
	for name, view := range samples() {
		page, _, _ := strings.Cut(name, " ")
		router.GET("/"+strings.ReplaceAll(name, " ", "-"), func(c *gin.Context) { pages.Page(c, http.StatusOK, page, view) })
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		router.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // browsers try and hang up
	server.StartTLS()
	t.Cleanup(server.Close)
	_, s.port, _ = net.SplitHostPort(server.Listener.Addr().String())
	return s
}

func (s *site) url(path string) string { return "https://pages.test:" + s.port + path }

// clean fails the test when a page broke the policy or threw an exception.
func clean(t *testing.T, browser browsertest.Browser) {
	t.Helper()
	for _, complaint := range browsertest.Complaints(t, browser) {
		t.Errorf("the browser complains: %s", complaint)
	}
}

// names of the pages, in an order.
func pageNames() []string {
	var names []string
	for name := range samples() {
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	slices.Sort(names)
	return names
}

// Every page, in every language, light and dark: axe finds nothing, nothing is
// wider than a window of 320 pixels, and the policy is kept.
func TestPagesAreAccessible(t *testing.T) {
	testtool.Need(t, "chromium")
	axe := axetest.Need(t)
	s := serve(t)
	browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	for _, name := range pageNames() {
		t.Run(name, func(t *testing.T) {
			for _, language := range web.Languages() {
				page := browser.Open(t, s.url("/"+name+"?lang="+language))
				if got := text(t, page, "document.documentElement.lang"); got != language {
					t.Fatalf("the page is in %q, not %s", got, language)
				}
				for _, dark := range []bool{false, true} {
					browsertest.Look(t, page, 1000, dark)
					axetest.Clean(t, axe, page, fmt.Sprintf("in %s, dark %v", language, dark))
				}
				browsertest.Look(t, page, 320, false)
				fits(t, page, "in "+language)
				page.Close(t)
			}
		})
	}
	clean(t, browser)
}

// The theme can be chosen against the system's.
func TestThemeIsTheVisitors(t *testing.T) {
	testtool.Need(t, "chromium")
	axe := axetest.Need(t)
	s := serve(t)
	browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	const background = `getComputedStyle(document.body).backgroundColor`
	seen := map[string]string{}
	for _, theme := range []string{"light", "dark"} {
		page := browser.Open(t, s.url("/home?theme="+theme))
		for _, dark := range []bool{false, true} {
			browsertest.Look(t, page, 1000, dark)
			axetest.Clean(t, axe, page, "home in "+theme)
			seen[theme] = text(t, page, background)
		}
		browsertest.Look(t, page, 1000, theme == "light")
		if got := text(t, page, background); got != seen[theme] {
			t.Errorf("%s: the system's colours are shown, %s", theme, got)
		}
	}
	if seen["light"] == seen["dark"] {
		t.Error("light and dark look the same")
	}
}

// axe must find what is there to find, or its silence means nothing.
func TestAxeFindsFaults(t *testing.T) {
	testtool.Need(t, "chromium")
	axe := axetest.Need(t)
	s := serve(t)
	page := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()}).Open(t, s.url("/sign"))
	if err := page.Eval(`document.querySelector("label[for=files]").remove(); document.querySelector(".lead").style.color = "#ccc"`, nil); err != nil {
		t.Fatal(err)
	}
	found := strings.Join(axetest.Judge(t, axe, page), "\n")
	if !strings.Contains(found, "label: ") || !strings.Contains(found, "color-contrast: ") {
		t.Errorf("axe finds %q", found)
	}
}

// Without JavaScript pages say what they are about; nothing that needs it shows.
func TestWithoutJavaScript(t *testing.T) {
	testtool.Need(t, "chromium")
	s := serve(t)
	browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	page := browser.Open(t, s.url("/home"))
	browsertest.Scripts(t, page, false)
	for name, want := range map[string]string{
		"sign": "needs JavaScript", "login": "needs JavaScript", "validate": "Signed document", "report-valid": "The signature is valid",
	} {
		browsertest.Visit(t, page, s.url("/"+name))
		shown := text(t, page, "document.body.innerText")
		if !strings.Contains(shown, want) || strings.Contains(shown, "Log in with the card") {
			t.Errorf("%s shows %q", name, shown)
		}
	}
}

// fits tells when a page must be scrolled sideways.
func fits(t *testing.T, page browsertest.Page, name string) {
	t.Helper()
	var wide []string
	const script = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
		.filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML.slice(0, 80))`
	if err := page.Eval(script, &wide); err != nil {
		t.Fatal(err)
	}
	if len(wide) > 0 {
		t.Errorf("%s is wider than the window: %q", name, wide)
	}
}

func text(t *testing.T, page browsertest.Page, script string) string {
	t.Helper()
	var got string
	if err := page.Eval(script, &got); err != nil {
		t.Fatal(err)
	}
	return got
}
