// Package pages answers the addresses that people open: the start page, login,
// account, /sign and /validate, the interface in readable form at /api, /usage
// and /review about uses of data, and /verify/LINK where a person consents. How
// a page looks is gateway/web's.
//
// [New] and [Pages.Mount] serve the first ones, [NewAudit] those about uses of
// data, [NewConsent] the last:
//
//	p, err := pages.New(pages.Options{...})
//	router.Use(pages.Visitors())
//	p.Mount(router)
//
// /validate works as a plain form: the document is judged while the request
// lasts and forgotten with it. /sign and the login with a card need the browser
// extension and so JavaScript; they say so where it is missing, and do their
// work through /auth/ and /v1/signatures like any other client. All other pages
// need no JavaScript.
//
// What may hold a personal code is sent by POST and never stands in an address.
// An event is shown to the person whom it is about; for others it does not
// exist. An official's look is on record before the answer.
package pages
