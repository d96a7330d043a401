package session

import (
	"slices"

	"eidgate/certs"
)

// PersonaInfo is an invented person of a sandbox.
type PersonaInfo struct {
	Name   string // what the login form sends
	Person certs.Person
}

// personas are those that SK's public test services know, one with a Korean name and
// one who reviews: names as they come on cards, not as programs like them.
func personas() []PersonaInfo {
	return []PersonaInfo{
		{"jaak", certs.Person{
			Surname: "JÕEORG", GivenName: "JAAK-KRISTJAN", Country: "EE",
			Identifier: certs.NewIdentifier("PNOEE-38001085718"),
		}},
		{"mary", certs.Person{
			Surname: "O’CONNEŽ-ŠUSLIK TESTNUMBER", GivenName: "MARY ÄNN", Country: "EE",
			Identifier: certs.NewIdentifier("PNOEE-60001019906"),
		}},
		{"yejin", certs.Person{
			Surname: "김", GivenName: "예진", Country: "EE",
			Identifier: certs.NewIdentifier("PNOEE-60102030018"),
		}},
		{"inspector", certs.Person{
			Surname: "TAMM", GivenName: "MARI", Country: "EE",
			Identifier: certs.NewIdentifier("PNOEE-47101010033"),
		}},
	}
}

// Personas are the persons anybody may be here: none outside of sandboxes.
func (m *Manager) Personas() []PersonaInfo { return slices.Clone(m.personas) }

func (m *Manager) persona(name string) (certs.Person, error) {
	if !m.config.Personas {
		return certs.Person{}, ErrNoPersonas
	}
	i := slices.IndexFunc(m.personas, func(p PersonaInfo) bool { return p.Name == name })
	if i < 0 {
		return certs.Person{}, ErrUnknownPersona
	}
	return m.personas[i].Person, nil
}
