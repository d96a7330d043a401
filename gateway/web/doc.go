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
// Pages fit the strict policy in [ContentSecurityPolicy]: they hold no script
// and no style of their own, and no module writes markup. Everything that does
// not need the card can be read and used without JavaScript. Language and theme
// are chosen by links that keep the page (?lang=ko, ?theme=dark) and kept in
// cookies that say nothing else.
//
// Files under static/ get names with the hash of their content, so that
// browsers keep them for ever and never hold a stale one.
//
// What it does not do: it decides nothing. Who may see a page, and what a form
// does, is for the handlers.
package web
