package xroad

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a message without its body.
const (
	maxMessage = 256 << 10 // bytes
	maxHeaders = 500
	maxToken   = 255 // bytes of an identifier or other text in an x-road header
)

// errMessage is what is wrong with a serialized message.
var errMessage = errors.New("not a message of the REST protocol")

// verbs are those of the protocol; anything else is refused.
var verbs = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}

// request is a request message: what is signed, logged and sent.
type request struct {
	verb    string
	path    string // raw, beginning with "/r1/"
	query   string // raw, with its question mark; or empty
	headers []header

	client      ClientID
	service     ServiceID
	servicePath string // raw; empty or beginning with a slash
	id          string // x-road-id
	requestID   string
	userID      string
	issue       string
	represented string
	server      string
}

// bytes serializes: pr-rest §4.5, no blank after the colon, no blank line.
func (m *request) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(m.verb + "\r\n" + m.path + m.query + "\r\n")
	writeHeaders(&b, m.headers)
	return b.Bytes()
}

func writeHeaders(b *bytes.Buffer, headers []header) {
	for _, h := range headers {
		b.WriteString(h.name)
		b.WriteByte(':')
		b.WriteString(h.value)
		b.WriteString("\r\n")
	}
}

// parseRequest reads what bytes wrote, on the other side.
func parseRequest(text []byte) (*request, error) {
	first, second, headers, err := parseLines(text)
	if err != nil {
		return nil, err
	}
	m := &request{verb: first, headers: headers}
	m.path, m.query = cutQuery(second)
	if !slices.Contains(verbs, m.verb) || !soundTarget(second) {
		return nil, errMessage
	}
	if err := m.readPath(); err != nil {
		return nil, err
	}
	if err := m.readHeaders(); err != nil {
		return nil, err
	}
	if m.id == "" || m.requestID == "" {
		return nil, fmt.Errorf("%w: no message id or request id", errMessage)
	}
	if name := repeated(headers, saidOnce); name != "" {
		return nil, newFault(atConsumer, codeDuplicateHeader, "Header %s is repeated", name)
	}
	if slices.ContainsFunc(headers, func(h header) bool { return disguised(h.name) }) {
		return nil, newFault(atConsumer, codeInvalidRequest, "The request has an invalid header")
	}
	return m, nil
}

func cutQuery(target string) (path, query string) {
	if i := strings.IndexByte(target, '?'); i >= 0 {
		return target[:i], target[i:]
	}
	return target, ""
}

// soundTarget tells whether a raw target can be sent on as it is.
func soundTarget(target string) bool {
	for i := 0; i < len(target); i++ {
		if target[i] <= ' ' || target[i] == 0x7f || target[i] == '#' {
			return false
		}
	}
	return true
}

// readPath takes the service identifier out of the path. The subsystem is
// never left out, whatever the specification says: servers do not take it.
func (m *request) readPath() error {
	parts := strings.SplitN(m.path, "/", 8)
	if len(parts) < 7 || parts[0] != "" {
		return newFault(atConsumer, codeInvalidRequest, "Invalid request URI")
	}
	if err := checkVersion(parts[1]); err != nil {
		return err
	}
	service, err := ParseServiceID(strings.Join(parts[2:7], "/"))
	if err != nil {
		return newFault(atConsumer, codeInvalidRequest, "Invalid request URI")
	}
	m.service = service
	if len(parts) == 8 {
		m.servicePath = "/" + parts[7]
	}
	return nil
}

// checkVersion takes "r" and one digit, as the reference implementation does.
func checkVersion(text string) error {
	if len(text) != 2 || text[0] != 'r' || text[1] < '0' || text[1] > '9' {
		return newFault(atConsumer, codeInvalidProtocol, "Invalid protocol version %s", clip(text))
	}
	if text != "r1" {
		return newFault(atConsumer, codeInvalidProtocol, "Unsupported protocol version %s", text[1:])
	}
	return nil
}

// readHeaders takes the protocol's own headers; of a repeated one the last
// counts.
func (m *request) readHeaders() error {
	text, ok := last(m.headers, headerClient)
	if !ok {
		return newFault(atConsumer, codeInvalidClient, "The client identifier is missing")
	}
	client, err := ParseClientID(text)
	if err != nil {
		return newFault(atConsumer, codeInvalidClient, "Invalid Client Id")
	}
	m.client = client
	for _, h := range []struct {
		name string
		to   *string
	}{
		{headerID, &m.id}, {headerRequestID, &m.requestID}, {headerUserID, &m.userID}, {headerIssue, &m.issue},
		{headerRepresented, &m.represented}, {headerServer, &m.server},
	} {
		if *h.to, _ = last(m.headers, h.name); len(*h.to) > maxToken {
			return newFault(atConsumer, codeInvalidRequest, "Header %s is longer than %d bytes", h.name, maxToken)
		}
		if !utf8.ValidString(*h.to) { // no database keeps it, so neither does the log
			return newFault(atConsumer, codeInvalidRequest, "Header %s is not UTF-8", h.name)
		}
	}
	if m.represented != "" { // [CLASS/]CODE
		if _, err := decodeParts(m.represented, 1, 2); err != nil {
			return newFault(atConsumer, codeInvalidRequest, "Invalid represented party")
		}
	}
	return nil
}

// response is a response message.
type response struct {
	status  int
	reason  string
	headers []header
}

func (m *response) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(strconv.Itoa(m.status) + "\r\n" + m.reason + "\r\n")
	writeHeaders(&b, m.headers)
	return b.Bytes()
}

func parseResponse(text []byte) (*response, error) {
	first, second, headers, err := parseLines(text)
	if err != nil {
		return nil, err
	}
	status, err := strconv.Atoi(first)
	if err != nil || len(first) != 3 || status < 200 || status > 599 {
		return nil, errMessage
	}
	return &response{status, second, headers}, nil
}

// mayHaveBody tells whether an answer to verb with a status has a body at all
// (RFC 9110 §6.4.1).
func mayHaveBody(verb string, status int) bool {
	return verb != "HEAD" && status != 204 && status != 304
}

// parseLines reads two lines and headers, each ended by CRLF.
func parseLines(text []byte) (first, second string, headers []header, err error) {
	if len(text) > maxMessage || !bytes.HasSuffix(text, []byte("\r\n")) {
		return "", "", nil, errMessage
	}
	lines := strings.Split(string(text[:len(text)-2]), "\r\n")
	if len(lines) < 2 || len(lines) > maxHeaders+2 {
		return "", "", nil, errMessage
	}
	if strings.ContainsAny(lines[0]+lines[1], "\r\n\x00") {
		return "", "", nil, errMessage
	}
	for _, line := range lines[2:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !soundHeader(name, value) {
			return "", "", nil, errMessage
		}
		headers = append(headers, header{name, value})
	}
	return lines[0], lines[1], headers, nil
}

// soundHeader tells whether a header can be a line of a message and of HTTP.
func soundHeader(name, value string) bool {
	if name == "" {
		return false
	}
	for i := 0; i < len(name); i++ { // a token, RFC 9110 §5.6.2
		if !isPchar(name[i]) && strings.IndexByte("#^`|%", name[i]) < 0 || strings.IndexByte("(),;=@:", name[i]) >= 0 {
			return false
		}
	}
	for i := 0; i < len(value); i++ { // RFC 9110 §5.5
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// digests are the SHA-512 digests of a message and its body; body is nil when
// there is none.
type digests struct{ message, body []byte }

func digestsOf(message []byte, body *spool) digests {
	sum := sha512.Sum512(message)
	d := digests{message: sum[:]}
	if body != nil {
		d.body = body.digest
	}
	return d
}

// requestHash binds a response to its request (pr-rest §4.3).
func (d digests) requestHash() string {
	sum := d.message
	if d.body != nil {
		both := sha512.Sum512(append(append([]byte(nil), d.message...), d.body...))
		sum = both[:]
	}
	return base64.StdEncoding.EncodeToString(sum)
}
