package sdjwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eidgate/internal/jws"
)

// claims are the JWT's own (SD-JWT VC §3.2.2.2), of which none is disclosed.
type claims struct {
	issuer, kind       string
	notBefore, expires time.Time
	holder             *Key
	status             *Status
}

// readClaims reads them as they are spelled. What is there but not understood
// is refused: a status or a key that is overlooked would make an attestation
// hold that its issuer bound or revoked.
func readClaims(payload []byte) (*claims, error) {
	said, err := readOwn(payload)
	if err != nil && !errors.Is(err, jws.ErrMalformed) {
		err = fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return said, err
}

func readOwn(payload []byte) (*claims, error) {
	o, err := jws.ReadObject(payload)
	if err != nil {
		return nil, err
	}
	said := &claims{}
	algorithm := "sha-256"
	if err := o.Texts(map[string]*string{"iss": &said.issuer, "vct": &said.kind, "_sd_alg": &algorithm}); err != nil {
		return nil, err
	}
	if algorithm != "sha-256" {
		return nil, fmt.Errorf("%w: its digests are not SHA-256", ErrMalformed)
	}
	for name, at := range map[string]*time.Time{"nbf": &said.notBefore, "exp": &said.expires} {
		var present bool
		if *at, present, err = o.Time(name); err != nil {
			return nil, err
		}
		if !present {
			return nil, fmt.Errorf("%w: it does not say from when and until when", ErrMalformed)
		}
	}
	if said.holder, err = readHolder(o); err != nil {
		return nil, err
	}
	said.status, err = readStatus(o)
	return said, err
}

// readHolder reads cnf (RFC 7800 §3.2); a key that is only named is not known
// here.
func readHolder(o jws.Object) (*Key, error) {
	confirmation, err := o.Object("cnf")
	if err != nil || confirmation == nil {
		return nil, err
	}
	jwk, err := confirmation.Object("jwk")
	if err != nil {
		return nil, err
	}
	if jwk == nil || len(confirmation) != 1 {
		return nil, fmt.Errorf("%w: cnf is of a kind that is not understood", ErrMalformed)
	}
	key, err := jws.ReadKey(jwk)
	return &key, err
}

// readStatus reads status (Token Status List §6.2).
func readStatus(o jws.Object) (*Status, error) {
	status, err := o.Object("status")
	if err != nil || status == nil {
		return nil, err
	}
	list, err := status.Object("status_list")
	if err != nil {
		return nil, err
	}
	if list == nil || len(status) != 1 {
		return nil, fmt.Errorf("%w: status is of a kind that is not understood", ErrMalformed)
	}
	var s Status
	placed, err := list.Read("idx", &s.Index)
	if err != nil {
		return nil, err
	}
	if _, err := list.Read("uri", &s.URI); err != nil {
		return nil, err
	}
	if !placed || s.URI == "" {
		return nil, fmt.Errorf("%w: its status has no place or no list", ErrMalformed)
	}
	return &s, nil
}

// decode reads JSON that is strict already, numbers as they are written.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}
