package gateway

import (
	"io/fs"

	"eidgate/gateway/session"
	"eidgate/gateway/signing"
)

// migrations are the tables of every room.
func migrations() map[string]fs.FS {
	return map[string]fs.FS{
		"session": session.Migrations,
		"signing": signing.Migrations,
	}
}
