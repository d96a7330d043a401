// Package crl fetches certificate revocation lists from the distribution
// points that certificates name, and answers from them: the second source of
// revocation beside OCSP, and the only one for authorities whose certificates
// name no responder (ESTEID2025).
//
// [Client] is a [certs.Revocation]. What a list says, and whether it may say
// it, is judged by [certs.RevocationLists]; this package brings the bytes.
//
// It guarantees that a list is kept no longer than it says it holds, that a
// list older than one already seen at the same place is refused
// ("crl.rollback"), and that one question ends within its deadline. It fetches
// over http and https from the hosts of certificates whose path has been
// verified, follows no redirect to another host, and reads at most MaxList
// bytes. It does not hide from the server that somebody asks.
package crl
