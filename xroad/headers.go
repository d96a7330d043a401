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

// saidOnce are the protocol's headers in a request. Of a repeated one the last
// counts (pr-rest names no rule; its reference implementation does so), and the
// others are no part of the message: a service that reads the first one would
// see another client, user or issue than was judged and recorded.
var saidOnce = []string{
	headerClient, headerService, headerID, headerUserID, headerIssue, headerServer, headerRepresented, headerRequestID, headerRequestHash,
}

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

// withoutRepeated leaves the last of each header that is said once.
func withoutRepeated(headers []header) []header {
	if repeated(headers, saidOnce) == "" {
		return headers
	}
	kept := make([]header, 0, len(headers))
	for i, h := range headers {
		name := strings.ToLower(h.name)
		if _, again := last(headers[i+1:], name); !again || !slices.Contains(saidOnce, name) {
			kept = append(kept, h)
		}
	}
	return kept
}

// repeated finds a header of a list that stands there more than once.
func repeated(headers []header, once []string) string {
	seen := 0 // a bit for each of once
	for _, h := range headers {
		if len(h.name) < len(protocolPrefix) || !strings.EqualFold(h.name[:len(protocolPrefix)], protocolPrefix) {
			continue
		}
		for i, name := range once {
			if !strings.EqualFold(h.name, name) {
				continue
			}
			if seen&(1<<i) != 0 {
				return name
			}
			seen |= 1 << i
		}
	}
	return ""
}

// protocolPrefix begins every header of the protocol.
const protocolPrefix = "x-road-"

// disguised tells whether a header's name is one of the protocol for services
// behind CGI, WSGI and the like, which do not tell "_" from "-".
func disguised(name string) bool {
	return strings.Contains(name, "_") && strings.HasPrefix(dashed(name), protocolPrefix)
}

// dashed is a header's name as such services read it.
func dashed(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "-")) }

// last is the value of a header, the last one when it is repeated.
func last(headers []header, name string) (string, bool) {
	for i := len(headers) - 1; i >= 0; i-- {
		if strings.EqualFold(headers[i].name, name) {
			return headers[i].value, true
		}
	}
	return "", false
}
