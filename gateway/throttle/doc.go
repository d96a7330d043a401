// Package throttle bounds how often one client may ask. What one request may
// cost is package limits' to bound.
//
// A client is its network address, and the holder of a session or an API key as
// well: each has a token bucket for every [Class] of requests, and a request
// takes a token from both. [New] makes the buckets; [Throttle.Handler] goes
// before gin's handlers and answers 429 with the code request.too-many and
// Retry-After when one is empty. Requests that carry documents are limited in
// number at one time as well, by address, since a slow one may last for hours.
//
// # Who a client is
//
// An address is an IPv4 address or an IPv6 /64, the least that a network gives to
// one customer. It is that of the connection. Where proxies are trusted, and the
// connection is one's, it is the last one in X-Forwarded-For that no trusted
// proxy has; what a client itself writes into that header stands further left and
// is never reached.
//
// A holder is known by the cookie of the session or by the API key as it was
// sent, before anybody looks whether it is good: an invented one is no way around
// the bucket of the address. A holder's bucket is the smaller one and keeps one
// person behind a shared address from taking the share of all.
//
// # What it does not protect against
//
// Somebody with many addresses; that is for the network in front. Buckets are in
// the memory of one node: a client of several nodes has as many. Only so many
// clients are remembered, and who asked longest ago is forgotten first, with a
// full bucket when he comes again. Nothing of this is written to a log or a
// label.
package throttle
