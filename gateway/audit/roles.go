package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

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

// Roles says who may review. The zero Roles is nobody. Those of a file are read
// again when the file has changed: whoever is taken out of it has no role from
// then on. While the file cannot be used nobody has one.
type Roles struct {
	byPerson map[certs.Identifier]Role
	file     *rolesOnDisk
}

// Of finds a person's role.
func (r Roles) Of(person certs.Identifier) (Role, bool) {
	if r.file != nil {
		r, _ = r.file.read()
	}
	role, ok := r.byPerson[person]
	return role, ok
}

// Check tells whether the file of roles can be used now, with [ErrRoles].
func (r Roles) Check(context.Context) error {
	if r.file == nil {
		return nil
	}
	_, err := r.file.read()
	return err
}

// rolesOnDisk is a file of roles and what it said when it was last changed.
type rolesOnDisk struct {
	name string

	mu    sync.Mutex
	info  fs.FileInfo // of the file that was read
	roles Roles
	err   error
}

// read gives the roles of the file as it is now.
func (f *rolesOnDisk) read() (Roles, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.name)
	if err != nil {
		f.info = nil
		return Roles{}, fmt.Errorf("%w: %w", ErrRoles, err)
	}
	// A file written within the same tick of its clock as it was read is read
	// again until it is older: its time would not tell.
	if f.info == nil || !os.SameFile(info, f.info) || !info.ModTime().Equal(f.info.ModTime()) || info.Size() != f.info.Size() ||
		time.Since(info.ModTime()) < rolesSettle {
		f.info = info
		f.roles, f.err = readRoles(f.name)
	}
	return f.roles, f.err
}

// rolesSettle is longer than the ticks of file systems' clocks.
const rolesSettle = 2 * time.Second

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

// LoadRoles reads a file of roles and follows its changes. Unknown keys, unknown
// roles and a person named twice are refused with [ErrRoles].
func LoadRoles(name string) (Roles, error) {
	file := &rolesOnDisk{name: name}
	if _, err := file.read(); err != nil {
		return Roles{}, err
	}
	return Roles{file: file}, nil
}

func readRoles(name string) (Roles, error) {
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
