// Package gateway is the service: one HTTPS server with the API, the pages and
// the rooms below them, on one database.
//
// Most people need [Load], which reads a configuration, and [New] with
// [Server.Serve], which run it.
package gateway
