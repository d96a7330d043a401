// Package session knows who is at the browser: logins with an eID card over Web
// eID, the sessions that follow, and in sandboxes logins as an invented person.
//
// [Manager.Mount] serves the login's requests, [Manager.RequireLogin] guards
// pages, [Current] and [Person] tell a handler who is there.
//
// # How a login goes
//
//	GET  /auth/challenge          {"nonce": "..."}; sets the cookie __Host-login
//	POST /auth/login              {"token": {...}, "return": "/sign"} gives {"return": "/sign"}
//	POST /auth/persona            form persona, return; 303; sandboxes only
//	POST /auth/logout             form everywhere, or none; 303 to /
//
// The nonce belongs to the browser that asked for it, by the cookie, lives some
// minutes, and is taken out of the database before the token is looked at: it is
// good once, on whichever node the answer arrives.
//
// # What it guarantees
//
// A session's cookie holds 256 random bits that are made at login and nowhere
// else, so nobody can plant one before; the database has their SHA-256 only. A
// session ends when it is idle, at its absolute end, and at logout, at once on
// every node; a logout everywhere ends all of the card's sessions. Logins, refused logins and logouts are given to the Recorder in
// the transaction that makes them true.
//
// The session's cookie is SameSite=Lax and not Strict, because people arrive
// from other sites: the page where somebody consents to a verification is
// reached by a link on the startup's site. Requests that change something are
// guarded by the server's cross-origin protection as well. The login's cookie
// is Strict: a challenge and its answer are same-site requests.
//
// # What it does not protect against
//
// Whoever can read the browser's cookies has the session. Web eID tokens are not
// bound to the TLS connection.
package session
