// Package api answers the service's HTTP interface for programs and for its own
// pages' scripts. Its source is the document openapi.yaml: routes and types are
// generated from it (package gen), requests are validated against it before a
// handler sees them, and it is served at /openapi.json.
//
// [New] makes the interface from a signing service and a validator, and a service
// for verifications where there is one; [API.Mount] puts it on a router. To add operations, write them into the document, run "go
// generate ./gateway/api", and write the methods that the compiler misses.
//
// # What it guarantees
//
// A request that the document does not allow is refused with a problem that
// points at the field (request.invalid), whatever the handler would have made of
// it; unknown fields are refused. Bodies marked x-streamed in the document are
// checked by the handler while they come and are never held in memory.
//
// What a caller owns is decided here: an API key's signatures are the key's, a
// logged-in person's are the person's, and otherwise they are the browser's,
// which gets a cookie with a secret when it begins one. Verifications and
// attestations belong to the company whose API key is sent; no cookie counts for
// them. What verifiers of attestations fetch (issuer metadata, status lists, the
// type) is public, readable by pages of every origin, and not in the document.
//
// # What it does not do
//
// Request ids, limits of size and time, and the refusal of requests from other
// sites' pages are the server's (package gateway). The rules of signing are
// gateway/signing's, those of verifications package kyc's. An attestation's text
// is in the answer to its creation and nowhere else: a repeated request gives the
// attestation without it.
package api

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config codegen.yaml openapi.yaml
