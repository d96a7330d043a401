package gateway

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/problem"
)

// maxReport bounds a browser's report, in bytes.
const maxReport = 16 << 10

// policyReport takes what a browser reports about the content policy, in the
// form of CSP 2 (report-uri) or of the Reporting API. It is from anybody: it is
// counted, and its directive and the blocked host are logged.
func (s *Server) policyReport(c *gin.Context) {
	b, err := io.ReadAll(io.LimitReader(c.Request.Body, maxReport))
	if err != nil {
		problem.Abort(c, err)
		return
	}
	s.seen.reports.Inc()
	if s.reportLog.Allow() {
		directive, blocked := readReport(b)
		s.log.WarnContext(c.Request.Context(), "a browser reports the content policy", "directive", directive, "blocked", blocked)
	}
	c.Status(http.StatusNoContent)
}

type reportBody struct {
	Directive  string `json:"effective-directive"`
	Violated   string `json:"violated-directive"`
	Blocked    string `json:"blocked-uri"`
	Directive2 string `json:"effectiveDirective"`
	Blocked2   string `json:"blockedURL"`
}

func readReport(b []byte) (directive, blocked string) {
	var old struct {
		Report reportBody `json:"csp-report"`
	}
	var reports []struct {
		Body reportBody `json:"body"`
	}
	body := reportBody{}
	switch {
	case json.Unmarshal(b, &reports) == nil && len(reports) > 0:
		body = reports[0].Body
	case json.Unmarshal(b, &old) == nil:
		body = old.Report
	}
	for _, text := range []string{body.Directive, body.Directive2, body.Violated} {
		if directive == "" {
			directive = shorten(text)
		}
	}
	return directive, blockedHost(body.Blocked + body.Blocked2)
}

// blockedHost leaves out the path and the query, which may be of a person.
func blockedHost(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	if u.Host == "" {
		return shorten(text)
	}
	return shorten(u.Scheme + "://" + u.Host)
}

func shorten(text string) string {
	const most = 100
	if len(text) > most {
		return text[:most]
	}
	return text
}
