// Package web renders the pages of the service: html/template, one stylesheet
// and a few ES modules, all embedded, in Estonian, English and Korean, light
// and dark.
//
// [New] reads and checks everything once; [Renderer.Page] answers a request
// with a page, [Renderer.Problem] with a page that says what went wrong and
// what to do next, and [Renderer.Mount] serves the stylesheet and the modules.
// A new page is a template in templates/, its texts in the three catalogues and
// a view, a plain struct:
//
//	pages, err := web.New(web.Options{Sandbox: true, Visitor: visitor})
//	pages.Mount(router)
//	pages.Page(c, http.StatusOK, "validate", web.ValidateView{})
//
// Pages fit a content security policy that allows nothing but the service's own
// files, with Trusted Types: they hold no script and no style, and no module
// writes markup. Everything that does not need the card can be read and used
// without JavaScript. Language and theme are chosen by links that keep the page
// (?lang=ko, ?theme=dark) and kept in cookies that say nothing else.
//
// # Files that stay in the browser
//
// WebCrypto hashes only what is in memory as a whole, so sha256.js is a SHA-256
// of our own that reads a file in pieces of 1 MiB, with the CRC-32 that the
// archive needs in the same pass; memory does not grow with the file. zip.js
// lays headers between the files, which a Blob refers to and does not copy: the
// browser reads them again while it saves the container. A file that was changed
// in between is refused by the browser and by the page. Without ZIP64 the
// container ends below 4 GiB; larger ones are refused before anything is read.
//
// Files under static/ get names with the hash of their content, so that
// browsers keep them for ever and never hold a stale one.
//
// What it does not do: it decides nothing. Who may see a page, and what a form
// does, is for the handlers.
package web
