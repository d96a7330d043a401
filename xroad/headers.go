package xroad

import (
	"net/http"
	"slices"
	"strings"
)

// Names of headers, in the lower case in which a gateway writes its own.
const (
	headerClient      = "x-road-client"
	headerService     = "x-road-service"
	headerID          = "x-road-id"
	headerUserID      = "x-road-userid"
	headerIssue       = "x-road-issue"
	headerServer      = "x-road-security-server"
	headerRepresented = "x-road-represented-party"
	headerRequestID   = "x-road-request-id"
	headerRequestHash = "x-road-request-hash"
)

// header is a line of a message.
type header struct{ name, value string }

// connectionHeaders belong to a connection or are made anew by each hop; no
// message has them (pr-rest: RestMessage.SKIPPED_HEADERS).
var connectionHeaders = []string{
	"transfer-encoding", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade",
	"connection", "user-agent", "host", "content-length", "server", "expect",
}

// Headers that are the gateways' own to write. X-Road lets a service send
// x-road-service and x-road-error; a client could not tell whose they are.
var (
	ownInRequests  = []string{headerRequestID, headerRequestHash}
	ownInResponses = []string{headerID, headerClient, headerService, headerRequestID, headerRequestHash, "x-road-error"}
)

// statedHeaders are what a client may be made to state: who asks, why, for whom.
var statedHeaders = []string{headerUserID, headerIssue, headerRepresented}

// ofConnection tells whether a header must not be taken from a message: another
// gateway may have signed what is no part of one, and "Transfer-Encoding" or
// "Expect" would steer a connection.
func ofConnection(name string) bool {
	return slices.Contains(connectionHeaders, strings.ToLower(name))
}

// messageHeaders are the lines of a message in a fixed order: net/http does not
// keep the sender's.
func messageHeaders(h http.Header, own []string) []header {
	names := make([]string, 0, len(h))
	for name := range h {
		lower := strings.ToLower(name)
		if !ofConnection(lower) && !slices.Contains(own, lower) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	out := make([]header, 0, len(names)+5)
	for _, name := range names {
		for _, value := range h[name] {
			out = append(out, header{name, value})
		}
	}
	return out
}

// last is the value of a header, the last one when it is repeated.
func last(headers []header, name string) (string, bool) {
	for i := len(headers) - 1; i >= 0; i-- {
		if strings.EqualFold(headers[i].name, name) {
			return headers[i].value, true
		}
	}
	return "", false
}
