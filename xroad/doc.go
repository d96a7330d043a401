// Package xroad exchanges signed messages between organisations by the REST
// message protocol of X-Road (pr-rest, version 1): identifiers, access rights,
// headers, hashes and errors are those of its reference implementation; the
// transport between two gateways is this package's own.
//
// The functions most people need: [LoadInstance] reads who takes part,
// [New] makes a gateway, [Gateway.Consumer] is what information systems call,
// [Gateway.Provider] behind [Gateway.ServerTLS] is what other gateways call,
// [Gateway.Export] gives the evidence of one exchange.
//
//	in, err := xroad.LoadInstance("instance.yaml")
//	g, err := xroad.New(xroad.Options{Instance: in, Keys: keys, TLS: &cert, Database: store, Record: record, Verifier: v})
//	http.Serve(ownSystems, g.Consumer())
//	http.Serve(tls.NewListener(outside, g.ServerTLS()), g.Provider())
//
// # An exchange
//
// The consumer's gateway checks the client, signs the request, logs it and
// records the access in one transaction, and only then sends it. The
// provider's gateway checks TLS certificate, signature and rights, logs and
// records the request, and only then calls the service; it signs the response,
// logs and records it, and only then lets it go. The consumer's gateway checks
// that the response is to this very request, logs and records it, and only
// then gives it to its information system. When both sides are one gateway the
// steps are the same and only the connection is left out.
//
// Refusals are logged and recorded as well: with the signed request as evidence
// of the attempt when the signature holds.
//
// # Between two gateways
//
// An exchange is one POST to /exchange/1 over TLS 1.3 with both certificates,
// an envelope of type application/vnd.eidgate.exchange each way: a header of
// 121 bytes, the message as pr-rest serializes it, the body. Numbers are
// big-endian.
//
//	offset length
//	     0      4  "EIX1": the transport and the form of the signature
//	     4      1  1 when there is a body, 0 when there is none
//	     5      4  length of the message, at most 256 KiB
//	     9      8  length of the body
//	    17      8  signing time, Unix seconds
//	    25     32  SHA-256 of the signer's certificate
//	    57     64  r and s of the ECDSA P-256 signature
//
// The signature is XAdES over two files, the message and a sha512sum line of
// the body; everything of its XML but these digests, the time and the
// certificate is fixed (form1.xml), so it is not sent. A refusal is a fault in
// JSON with the header X-Road-Error instead.
//
// # What it guarantees
//
// A provider executes no request, and a client sees no response, that is not
// in the log, with the record of its access; when the database is away both are
// refused (LoggingFailed). A request id is executed once. A response counts
// only for its own request. Certificates are registered in the instance file
// and verified besides, revocation included: a verdict is used for a minute,
// or for as long as the Revocation given keeps its answers; doubt is refusal.
// No received XML is parsed: the bytes that must have been signed are written
// here and the signature is verified over them. A service sees the client, the
// user, the person and the path that were judged and recorded: what it could
// read in another way, such as a header that is repeated, does not reach it.
//
// # What it does not protect against
//
// Whoever writes the instance file decides who is who. A member's key may sign
// anything in the member's name. Bodies are not kept, their digests are.
// Without a time-stamp service the evidence of an exchange cannot be judged
// after its certificate has ended. Two gateways that serve one member share one
// message log, or each executes a request id once.
// Headers are part of the signed message and of the log, Authorization and
// Cookie too: information systems that send secrets in them find them there.
// Faults between gateways are protected by TLS and are not signed.
//
// # The instance file
//
//	instance: DEMO
//	members:
//	  - id: DEMO/GOV/70000001           # each part percent-encoded where needed
//	    name: Population Register
//	    gateway: https://register.example:5500
//	    signing: [register-sign.pem]    # P-256; the certificate, then its issuers without the root
//	    tls: [register-tls.pem]
//	    subsystems:
//	      - code: population
//	        authentication: SSLAUTH     # of its own systems as clients: NOSSL, SSLNOAUTH, SSLAUTH (default)
//	        certificates: [system.pem]  # their TLS certificates, for SSLAUTH
//	        services:
//	          - code: persons
//	            url: http://127.0.0.1:8080/v1   # or handler: NAME, a service in this process
//	            timeout: 30s                    # default 60s
//	            purpose: identity check         # for the record of accesses, like the next three
//	            legal_basis: Population Register Act §12
//	            fields: [name, address]
//	            require: [X-Road-UserId, X-Road-Issue]   # headers without which a request is refused
//	            subject: {in: "path:2", prefix: PNOEE-}  # or query:NAME, header:NAME
//	            access:
//	              - clients: [DEMO/COM/12345678/app]
//	                endpoints:                  # none: the whole service
//	                  - {method: GET, path: /persons/*}
//
// "disabled: NOTICE" takes a service out of use, "type" is REST (default),
// OPENAPI or SOAP (listed to be refused), "certificates" of a service pin the
// TLS certificate of its HTTPS address, "server_code" of a member is what
// X-Road-Security-Server names (default "gateway").
package xroad
