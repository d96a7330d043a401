// Package pki is a public key infrastructure for demonstrations, tests and
// small deployments that behaves like a national one: a root, an issuing
// authority with EstEID-shaped card profiles, OCSP responders, a time-stamp
// authority and revocation lists, all on one HTTP server.
//
// Most people need [Init], which makes one in a folder, and [PKI.Serve], which
// runs its services. [PKI.Issue] personalises a card, [PKI.Revoke],
// [PKI.Suspend] and [PKI.Release] change what the responders say.
//
// # What it guarantees
//
// Nothing is signed that was not recorded: the journal has the serial number
// and the digest of what will be signed, on disk, before the key is used, and
// the certificate before anybody gets it. A crash at any point leaves a serial
// that is never given again and a certificate that nobody has and that the
// responders call revoked. Several processes may work on one folder; a running
// server sees a revocation made by another process with the next request.
//
// # What it does not protect against
//
// All keys lie in the folder, the root's too, readable by their owner. It
// identifies nobody: who can write the folder can issue certificates to
// anybody. It belongs to the trust domain "test", and its policies are under
// the example arc 2.999.
//
// # The folder
//
//	trust/root.pem, trust/domain   what others need to trust it
//	cards/*.json                   issued cards: keys, certificates and PINs
//	ca/*.pem                       root, issuing authority, time-stamp authority: key and certificate
//	responders/*.pem               OCSP responders, new every month
//	journal                        every serial, certificate and status
//	outage                         faults that services show on purpose, see Outage
//	config.json                    the address, fixed at init since certificates carry it
package pki
