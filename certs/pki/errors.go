package pki

import "eidgate/internal/fault"

// What callers can act on.
var (
	ErrExists         = fault.New("pki.exists", "the folder is not empty", "Choose another folder: a PKI is never made over another one.")
	ErrNotPKI         = fault.New("pki.not-a-pki", "the folder holds no PKI", `Make one with "eidgate pki init DIR".`)
	ErrBadAddress     = fault.New("pki.bad-address", "the address is not a loopback address with a port", `Give an address such as "127.0.0.1:8890".`)
	ErrJournalDamaged = fault.New("pki.journal-damaged", "the journal is damaged", "Restore the folder from a backup; nothing is signed until then.")
	ErrUnknownSerial  = fault.New("pki.unknown-serial", "no certificate has this serial number", `List the certificates with "eidgate pki list DIR".`)
	ErrBadSerial      = fault.New("pki.bad-serial", "the serial number is not hexadecimal", `Copy it from "eidgate pki list DIR".`)
	ErrBadReason      = fault.New("pki.bad-reason", "the reason is not one of RFC 5280", "Use key-compromise, affiliation-changed, superseded, cessation-of-operation or privilege-withdrawn, or none.")
	ErrRevoked        = fault.New("pki.already-revoked", "the certificate is revoked for good", "")
	ErrSuspended      = fault.New("pki.already-suspended", "the certificate is suspended already", `Release it with "eidgate pki release DIR SERIAL".`)
	ErrNotSuspended   = fault.New("pki.not-suspended", "the certificate is not suspended", "")
	ErrBadPerson      = fault.New("pki.bad-person", "the person's data cannot go into a certificate", "")
	ErrBadOutage      = fault.New("pki.bad-outage", "the fault cannot be shown", "Services are ocsp, tsa and crl; faults are listed by \"eidgate pki outage --help\".")
	ErrRoot           = fault.New("pki.root", "the root's own certificate cannot be revoked", "Take it out of the trust folders of those who trust it.")
	ErrLocked         = fault.New("pki.locked", "another process is working on the folder", "Try again.")
)
