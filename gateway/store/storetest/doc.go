// Package storetest runs tests on both databases of gateway/store: a SQLite
// file and a real PostgreSQL, which it starts from Debian's binaries.
//
//	storetest.Each(t, func(t *testing.T, s *store.Store) { ... })
//
// One server is started for each test process, in a temporary folder, reachable
// through a socket in that folder alone, and every test gets a database of its
// own. It ends with the process, however that ends. As root it runs as the user
// "nobody", since PostgreSQL refuses root.
//
// Where PostgreSQL is missing the PostgreSQL half is skipped, and fails when CI
// is set.
package storetest
