package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"eidgate/certs"
	"eidgate/internal/fault"

	"go.yaml.in/yaml/v3"
)

// ErrRoles refuses a file of roles.
var ErrRoles = fault.New("audit.roles-file", "the file of roles is not usable",
	"Correct the line the message names; see docs/audit.md for the format.")

// RoleName is what somebody may do.
type RoleName string

// Official reviews events.
const Official RoleName = "official"

// Role is what one person may do, for whom and by which law.
type Role struct {
	Name             RoleName `yaml:"role"`
	Organisation     string   `yaml:"organisation"`
	OrganisationName string   `yaml:"organisation-name"`
	LegalBasis       string   `yaml:"legal-basis"`
}

// Roles says who may review. The zero Roles is nobody.
type Roles struct {
	byPerson map[certs.Identifier]Role
}

// Of finds a person's role.
func (r Roles) Of(person certs.Identifier) (Role, bool) {
	role, ok := r.byPerson[person]
	return role, ok
}

// rolesFile is the file's form:
//
//	roles:
//	  - person: PNOEE-38001085718
//	    role: official
//	    organisation: "70000000"
//	    organisation-name: Data Protection Inspectorate
//	    legal-basis: GDPR Art. 58(1)(e)
type rolesFile struct {
	Roles []struct {
		Person string `yaml:"person"`
		Role   `yaml:",inline"`
	} `yaml:"roles"`
}

const maxRolesFile = 1 << 20

// LoadRoles reads a file of roles. Unknown keys, unknown roles and a person
// named twice are refused with [ErrRoles].
func LoadRoles(name string) (Roles, error) {
	f, err := os.Open(name)
	if err != nil {
		return Roles{}, fmt.Errorf("reading the roles: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRolesFile+1))
	if err != nil {
		return Roles{}, fmt.Errorf("reading the roles: %w", err)
	}
	return ParseRoles(text)
}

// ParseRoles is LoadRoles for a text.
func ParseRoles(text []byte) (Roles, error) {
	if len(text) > maxRolesFile {
		return Roles{}, fmt.Errorf("%w: it is larger than 1 MiB", ErrRoles)
	}
	var file rolesFile
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return Roles{}, fmt.Errorf("%w: %w", ErrRoles, err)
	}
	roles := Roles{byPerson: make(map[certs.Identifier]Role, len(file.Roles))}
	for i, entry := range file.Roles {
		person := certs.NewIdentifier(entry.Person)
		_, twice := roles.byPerson[person]
		switch {
		case !strings.Contains(entry.Person, "-"):
			return Roles{}, fmt.Errorf("%w: entry %d has no semantics identifier (PNOEE-38001085718)", ErrRoles, i+1)
		case twice:
			return Roles{}, fmt.Errorf("%w: entry %d names its person again", ErrRoles, i+1)
		case entry.Name != Official:
			return Roles{}, fmt.Errorf("%w: entry %d has the unknown role %q", ErrRoles, i+1, entry.Name)
		case entry.Organisation == "" || entry.OrganisationName == "":
			return Roles{}, fmt.Errorf("%w: entry %d has no organisation", ErrRoles, i+1)
		}
		roles.byPerson[person] = entry.Role
	}
	return roles, nil
}
