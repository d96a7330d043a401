package gateway

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"path/filepath"

	"eidgate/certs/pki"
	"eidgate/gateway/audit"
)

// The sandbox's exchange: a register of its invented persons, and a tax board
// that may read it. What another office may not is there to be tried as well.
const sandboxInstance = `# The exchange of a sandbox, made at its first start.
instance: DEMO
members:
  - id: DEMO/GOV/70000001
    name: Sandbox Population Register
    signing: [population-certificate.pem]
    subsystems:
      - code: population
        authentication: NOSSL
        services:
          - code: persons
            handler: population
            purpose: Look-up of a person in the population register
            legal_basis: Sandbox Population Register Act § 12
            fields: [given_name, family_name, birthdate, address]
            require: [X-Road-UserId, X-Road-Issue]
            subject: {in: "header:X-Person"}
            access:
              - clients: [DEMO/GOV/70000002/tax]
                endpoints:
                  - {method: GET, path: /}
          - code: usage
            handler: usage
            access:
              - clients: [DEMO/GOV/70000002/portal]
  - id: DEMO/GOV/70000002
    name: Sandbox Tax Board
    signing: [tax-certificate.pem]
    subsystems:
      - {code: tax, authentication: NOSSL}
      - {code: portal, authentication: NOSSL}
      - {code: statistics, authentication: NOSSL}
`

var sandboxMembers = []struct{ id, name, code, file string }{
	{"DEMO/GOV/70000001", "Sandbox Population Register", "70000001", "population"},
	{"DEMO/GOV/70000002", "Sandbox Tax Board", "70000002", "tax"},
}

// makeSandboxExchange makes the organisations' keys and the instance file, once.
func (s *Server) makeSandboxExchange(c *ExchangeConfig) error {
	c.Members = map[string]string{}
	for _, member := range sandboxMembers {
		pair, err := s.secret(member.file+".pem", func() ([]byte, error) {
			x, err := s.pki.IssueExchange(pki.Organisation{Name: member.name, Code: member.code})
			if err != nil {
				return nil, err
			}
			return pemPair(x.Signing, x.SigningCertificate, s.pki.IssuingCA())
		})
		if err != nil {
			return err
		}
		if _, err := s.secret(member.file+"-certificate.pem", func() ([]byte, error) { return withoutKey(pair), nil }); err != nil {
			return err
		}
		c.Members[member.id] = filepath.Join(s.config.secretsFolder(), member.file+".pem")
	}
	if _, err := s.secret("instance.yaml", func() ([]byte, error) { return []byte(sandboxInstance), nil }); err != nil {
		return err
	}
	c.Instance = filepath.Join(s.config.secretsFolder(), "instance.yaml")
	return nil
}

// withoutKey keeps the certificates of a PEM text.
func withoutKey(text []byte) []byte {
	var kept []byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			kept = append(kept, pem.EncodeToMemory(block)...)
		}
	}
	return kept
}

// invented is a person of the sandbox's register.
type invented struct {
	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Birthdate  string `json:"birthdate"`
	Address    string `json:"address"`
}

// populationRegister answers about the sandbox's invented persons. The person
// is named in a header: personal codes do not belong in addresses.
func populationRegister() http.Handler {
	persons := map[string]invented{
		"PNOEE-38001085718": {"JAAK-KRISTJAN", "JÕEORG", "1980-01-08", "Näidise 1, Tallinn"},
		"PNOEE-60001019906": {"MARY ÄNN", "O’CONNEŽ-ŠUSLIK TESTNUMBER", "2000-01-01", "Katse 2, Tartu"},
		"PNOEE-60102030018": {"예진", "김", "2001-02-03", "Proovi 3, Pärnu"},
		"PNOEE-60102030007": {"MINJI", "NÄIDIS", "2001-02-03", "Näidise 4, Narva"}, // of the PKI's first card
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		found, ok := persons[r.Header.Get("X-Person")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"the register knows nobody with this code"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(found) // the exchange went away
	})
}

// inspector is the persona that reviews accesses in a sandbox.
const inspector = "PNOEE-47101010033"

func (s *Server) openSandboxRoles() error {
	roles, err := audit.ParseRoles([]byte(`roles:
  - person: ` + inspector + `
    role: official
    organisation: "70004235"
    organisation-name: Sandbox Data Protection Inspectorate
    legal-basis: GDPR Art. 58(1)(e)
`))
	if err != nil {
		return err
	}
	s.roles = roles
	return nil
}
