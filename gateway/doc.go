// Package gateway is the service: one HTTPS server with the API, the pages and
// the rooms below them, on one database.
//
// Most people need [Load], which reads a configuration, and [New] with
// [Server.Serve], which run it; "eidgate serve" does just that. [Config] is the
// documentation of every setting, [Defaults] the sandbox that runs without any:
// SQLite, a demonstration PKI with its OCSP responder and time-stamp authority,
// and a TLS certificate, all made in one folder and found there again.
//
// # What a request goes through
//
// An id (Request-Id, kept when a proxy gave one), the headers that every answer
// has, the limits of gateway/limits, and for browsers the standard library's
// cross-origin protection. Paths that begin with /r1/ go to the exchange as they
// were sent; everything else to gin, where gateway/throttle counts the requests of
// each client and rooms mount their routes. What goes wrong is answered by
// gateway/problem.
//
// A request's log line and the metrics have its route, never its path, its query
// or its client's address. Metrics are on a loopback listener of their own.
//
// # Several nodes
//
// Nodes with one PostgreSQL are one service: sessions, nonces and the state of
// every room are in the database, and nothing that another node needs is in
// memory. What is in files must be the same at each: in production the TLS
// certificate and the trust folder, in a sandbox the folder of the demonstration
// PKI, which one of them serves (sandbox.pki, sandbox.pki_elsewhere). Origin is
// the name that browsers know, at every node.
//
// # What it guarantees
//
// A production service starts only with anchors, a certificate, a time-stamp
// authority and a database of its own, and refuses anchors of demonstrations.
// A database that goes away is answered with 503 until it is back; nothing needs
// a restart. A service that is told to stop says so at /readyz first, finishes
// what runs, and only then ends.
//
// # What it does not protect against
//
// It counts on the network in front of it against floods from many addresses: it
// bounds what one request may cost and how often one client asks. It believes its
// database and its files: whoever can write these is the service. It takes the
// word of a proxy about clients (X-Forwarded-For) only where clients.trusted_proxies
// names the proxy.
package gateway
