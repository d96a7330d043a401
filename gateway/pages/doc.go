// Package pages answers the addresses that people open: the start page, login,
// account, /sign and /validate. How a page looks is gateway/web's.
//
// [New] and [Pages.Mount] are all there is to call:
//
//	p, err := pages.New(pages.Options{...})
//	p.Mount(router)
//
// /validate works as a plain form: the document is judged while the request
// lasts and forgotten with it. /sign and the login with a card need the browser
// extension and so JavaScript; they say so where it is missing, and do their
// work through /auth/ and /v1/signatures like any other client.
package pages
