package xroad

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// Where a fault was found; each is the beginning of its type.
const (
	atConsumer = "Server.ClientProxy."
	atProvider = "Server.ServerProxy."
)

// Codes of faults, as X-Road 7.7 spells them (pr-rest §4.6).
const (
	codeAccessDenied        = "AccessDenied"
	codeUnknownService      = "UnknownService"
	codeUnknownMember       = "UnknownMember"
	codeServiceDisabled     = "ServiceDisabled"
	codeServiceFailedNet    = "ServiceFailed.NetworkError"
	codeServiceFailedHTTP   = "ServiceFailed.HttpError"
	codeServiceMissingURL   = "ServiceMissingUrl"
	codeServiceType         = "ServiceType"
	codeInvalidClient       = "InvalidClientIdentifier"
	codeInvalidServer       = "InvalidSecurityServer"
	codeInvalidRequest      = "InvalidRequest"
	codeDuplicateHeader     = "DuplicateHeaderField"
	codeMissingHeader       = "MissingHeaderField"
	codeInvalidMethod       = "InvalidHttpMethod"
	codeInvalidProtocol     = "InvalidProtocolVersion"
	codeInvalidBody         = "InvalidBody"
	codeInconsistentAnswer  = "InconsistentResponse"
	codeInvalidRest         = "InvalidRest"
	codeInvalidSignature    = "InvalidSignatureValue"
	codeSignature           = "SignatureVerification"
	codeCannotSign          = "CannotCreateSignature"
	codeCertificate         = "CertValidation"
	codeTLS                 = "SslAuthenticationFailed"
	codeLogging             = "LoggingFailed"
	codeNetwork             = "NetworkError"
	codeInternal            = "InternalError"
	maxFaultText            = 1024
	maxFault                = 16 << 10 // bytes of a fault from another gateway
	headerError             = "X-Road-Error"
	typeJSON                = "application/json"
	clientNotFound          = "Client '%s' not found"
	notAllowed              = "Request is not allowed: %s"
	unknownService          = "Unknown service: %s"
	noAddress               = "Could not find addresses for service provider \"%s\""
	noServiceAddress        = "Service address not specified for '%s'"
	serviceDisabled         = "Service %s is disabled: %s"
	soapService             = "Service is a SOAP service and cannot be called using REST interface"
	plaintextConnection     = "Client (%s) specifies HTTPS NO AUTH but client made plaintext connection"
	noClientCertificate     = "Client (%s) specifies HTTPS but did not supply TLS certificate"
	noRegisteredCertificate = "Client (%s) has no IS certificates"
	otherCertificate        = "Client (%s) TLS certificate does not match any IS certificates"
)

// Fault is an error of the exchange as information systems see it: a type such
// as "Server.ServerProxy.AccessDenied", a message, and a detail under which the
// log of the gateway that found it has more.
type Fault struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Detail  string `json:"detail"`

	cause error
}

func newFault(where, code, format string, args ...any) *Fault {
	return &Fault{Type: where + code, Message: fmt.Sprintf(format, args...)}
}

// because keeps the cause for the gateway's own log; it is never sent.
func (f *Fault) because(cause error) *Fault { f.cause = cause; return f }

// Error is type and message.
func (f *Fault) Error() string { return f.Type + ": " + f.Message }

// Unwrap gives the cause, which may hold more than the caller may know.
func (f *Fault) Unwrap() error { return f.cause }

// Code is the fault's code in the program's own form, "xroad.access-denied".
func (f *Fault) Code() string {
	last := f.Type[strings.LastIndexByte(f.Type, '.')+1:]
	return "xroad." + strings.ReplaceAll(snake(last), "_", "-")
}

// Status is 500 for what a gateway found and 400 for the rest.
func (f *Fault) Status() int {
	if strings.HasPrefix(f.Type, "Server.") {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// Spelling is how the types of faults are spelled.
type Spelling int

// X-Road renamed every type in 7.8.0; clients in the field compare the older
// ones.
const (
	CamelCase Spelling = iota // Server.ServerProxy.AccessDenied
	SnakeCase                 // server.serverproxy.access_denied
)

func (s Spelling) spell(text string) string {
	if s == CamelCase {
		return text
	}
	parts := strings.Split(text, ".")
	for i, p := range parts {
		switch p {
		case "ClientProxy", "ServerProxy", "Server", "Client":
			parts[i] = strings.ToLower(p)
		default:
			parts[i] = snake(p)
		}
	}
	return strings.Join(parts, ".")
}

func snake(text string) string {
	var out strings.Builder
	for i, r := range text {
		if unicode.IsUpper(r) && i > 0 {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// write answers an information system with the fault, in XML when the request
// accepts that and nothing before it, in JSON otherwise.
func (f *Fault) write(w http.ResponseWriter, accept []string, s Spelling) {
	spelled := *f
	spelled.Type = s.spell(f.Type)
	media, body := spelled.render(accept)
	w.Header().Set("Content-Type", media)
	w.Header().Set(headerError, spelled.Type)
	w.WriteHeader(f.Status())
	_, _ = w.Write(body) // #nosec G705 -- escaped JSON or XML; the caller is gone or not, the fault is logged
}

func (f *Fault) render(accept []string) (media string, body []byte) {
	if media = xmlWanted(accept); media == "" {
		body, _ = json.Marshal(f) // strings always marshal
		return typeJSON, body
	}
	var out bytes.Buffer
	out.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error>\n")
	for _, e := range [][2]string{{"type", f.Type}, {"message", f.Message}, {"detail", f.Detail}} {
		out.WriteString("  <" + e[0] + ">")
		_ = xml.EscapeText(&out, []byte(e[1])) // a Buffer does not fail
		out.WriteString("</" + e[0] + ">\n")
	}
	out.WriteString("</error>\n")
	return media + ";charset=utf-8", out.Bytes()
}

// xmlWanted is the first XML type among the accepted ones; quality values are
// not looked at, and JSON beside it does not matter.
func xmlWanted(accept []string) string {
	for _, line := range accept {
		for _, v := range strings.Split(line, ",") {
			media, _, _ := strings.Cut(v, ";")
			switch media = strings.ToLower(strings.TrimSpace(media)); media {
			case "text/xml", "application/xml":
				return media
			case "text/*":
				return "text/xml"
			}
		}
	}
	return ""
}

// readFault reads a fault that another gateway answered with.
func readFault(text []byte) (*Fault, bool) {
	var f Fault
	if err := json.Unmarshal(text, &f); err != nil || !soundType(f.Type) {
		return nil, false
	}
	f.Message, f.Detail = clip(f.Message), clip(f.Detail)
	return &f, true
}

// soundType tells whether a type may go into a header.
func soundType(text string) bool {
	if !strings.HasPrefix(text, atProvider) || len(text) > 200 {
		return false
	}
	for _, c := range text {
		if c != '.' && (c >= 128 || !unicode.IsLetter(c) && !unicode.IsDigit(c)) {
			return false
		}
	}
	return true
}

func clip(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) > maxFaultText {
		text = strings.ToValidUTF8(text[:maxFaultText], "")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
