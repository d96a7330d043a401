package gateway

import (
	"io/fs"

	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/gateway/session"
	"eidgate/gateway/signing"
	"eidgate/kyc"
	"eidgate/xroad"
)

// migrations are the tables of every room.
func migrations() map[string]fs.FS {
	return map[string]fs.FS{
		"audit":   audit.Migrations,
		"kyc":     kyc.Migrations,
		"ledger":  ledger.Migrations,
		"session": session.Migrations,
		"signing": signing.Migrations,
		"xroad":   xroad.Migrations,
	}
}
