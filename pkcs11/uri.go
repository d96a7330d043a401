package pkcs11

import (
	"fmt"
	"strconv"
	"strings"
)

// maxURI is the longest URI that is read, in bytes.
const maxURI = 4096

// URI names a key, or the token it is on, as RFC 7512 says. An empty field
// was not given and fits everything.
type URI struct {
	Token        string // CK_TOKEN_INFO label
	Manufacturer string
	Serial       string
	Model        string

	SlotDescription  string
	SlotManufacturer string
	SlotID           *uint // narrows a choice; never names a token on its own

	LibraryDescription  string
	LibraryManufacturer string
	LibraryVersion      string // "2.6" or "2"

	Object string // CKA_LABEL
	ID     []byte // CKA_ID
	Type   string // "private", "public" or "cert": all three name the key pair

	ModulePath string
	ModuleName string // file name without "lib" and ".so"

	PINFile *int // pin-source=fd:N, the only source there is
}

// ParseURI reads an RFC 7512 URI. It refuses unknown, repeated and empty
// attributes, because ignoring one would widen what the URI fits; pin-value
// always ([ErrPINValue]); and every pin-source but fd:N ([ErrPINSource]). The
// errors never repeat the value of an attribute.
func ParseURI(s string) (*URI, error) {
	if len(s) > maxURI {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrBadURI, maxURI)
	}
	rest, ok := strings.CutPrefix(s, "pkcs11:")
	if !ok {
		return nil, fmt.Errorf("%w: its scheme is not pkcs11", ErrBadURI)
	}
	path, query, _ := strings.Cut(rest, "?")
	u := new(URI)
	if err := u.parse(path, ";", u.setPath); err != nil {
		return nil, err
	}
	if err := u.parse(query, "&", u.setQuery); err != nil {
		return nil, err
	}
	if u.SlotID != nil && u.Serial == "" && u.Token == "" {
		return nil, ErrSlotOnly
	}
	return u, nil
}

func (u *URI) parse(list, separator string, set func(name, value string) error) error {
	if list == "" {
		return nil
	}
	seen := make(map[string]bool)
	for attribute := range strings.SplitSeq(list, separator) {
		name, encoded, ok := strings.Cut(attribute, "=")
		if !ok || encoded == "" {
			return fmt.Errorf("%w: an attribute without a value", ErrBadURI)
		}
		if seen[name] {
			return fmt.Errorf("%w: attribute %q twice", ErrBadURI, name)
		}
		seen[name] = true
		value, err := unescape(encoded)
		if err != nil {
			return fmt.Errorf("%w: attribute %q: %w", ErrBadURI, name, err)
		}
		if err := set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (u *URI) setPath(name, value string) error {
	switch name {
	case "slot-id":
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return fmt.Errorf("%w: slot-id is not a number", ErrBadURI)
		}
		id := uint(n)
		u.SlotID = &id
	case "id":
		u.ID = []byte(value)
	case "type":
		if value != "private" && value != "public" && value != "cert" {
			return fmt.Errorf("%w: type is not private, public or cert", ErrBadURI)
		}
		u.Type = value
	default:
		field := u.text(name)
		if field == nil {
			return fmt.Errorf("%w: unknown attribute %q", ErrBadURI, name)
		}
		*field = value
	}
	return nil
}

// text is the field of a path attribute that is plain text.
func (u *URI) text(name string) *string {
	switch name {
	case "token":
		return &u.Token
	case "manufacturer":
		return &u.Manufacturer
	case "serial":
		return &u.Serial
	case "model":
		return &u.Model
	case "slot-description":
		return &u.SlotDescription
	case "slot-manufacturer":
		return &u.SlotManufacturer
	case "library-description":
		return &u.LibraryDescription
	case "library-manufacturer":
		return &u.LibraryManufacturer
	case "library-version":
		return &u.LibraryVersion
	case "object":
		return &u.Object
	}
	return nil
}

func (u *URI) setQuery(name, value string) error {
	switch name {
	case "module-path":
		u.ModulePath = value
	case "module-name":
		if strings.ContainsAny(value, "/\\\x00") {
			return fmt.Errorf("%w: module-name is a name, not a path", ErrBadURI)
		}
		u.ModuleName = value
	case "pin-value":
		return ErrPINValue
	case "pin-source":
		n, err := strconv.ParseUint(strings.TrimPrefix(value, "fd:"), 10, 16)
		if err != nil || !strings.HasPrefix(value, "fd:") {
			return ErrPINSource
		}
		fd := int(n)
		u.PINFile = &fd
	default:
		return fmt.Errorf("%w: unknown attribute %q", ErrBadURI, name)
	}
	return nil
}

// String writes the URI so that ParseURI reads the same.
func (u *URI) String() string {
	var path, query []string
	add := func(list *[]string, name, value string) {
		if value != "" {
			*list = append(*list, name+"="+escape(value))
		}
	}
	for _, name := range []string{"token", "manufacturer", "serial", "model", "slot-description", "slot-manufacturer",
		"library-description", "library-manufacturer", "library-version", "object"} {
		add(&path, name, *u.text(name))
	}
	if u.SlotID != nil {
		add(&path, "slot-id", strconv.FormatUint(uint64(*u.SlotID), 10))
	}
	if len(u.ID) > 0 {
		var id strings.Builder
		for _, b := range u.ID {
			fmt.Fprintf(&id, "%%%02X", b)
		}
		path = append(path, "id="+id.String())
	}
	add(&path, "type", u.Type)
	add(&query, "module-path", u.ModulePath)
	add(&query, "module-name", u.ModuleName)
	if u.PINFile != nil {
		query = append(query, fmt.Sprintf("pin-source=fd:%d", *u.PINFile))
	}
	s := "pkcs11:" + strings.Join(path, ";")
	if len(query) > 0 {
		s += "?" + strings.Join(query, "&")
	}
	return s
}
