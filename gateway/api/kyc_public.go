package api

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/problem"
	"eidgate/kyc"
	"eidgate/kyc/statuslist"
)

// mountPublic serves what verifiers of attestations fetch, from anywhere and
// without a name: nothing here is about one attestation.
func (a *API) mountPublic(r gin.IRouter) {
	group := r.Group("", a.public)
	for path, handler := range map[string]gin.HandlerFunc{
		"/.well-known/jwt-vc-issuer": a.serveIssuer, "/statuslists/:n": a.serveStatusList, "/vct/eid-kyc/v1": a.serveType,
	} {
		group.GET(path, handler)
		group.HEAD(path, handler)
	}
}

// public lets pages of every origin read the answer, and caches keep it as long
// as a status list may be used.
func (a *API) public(c *gin.Context) {
	if a.KYC == nil {
		problem.Abort(c, ErrNoKYC)
		return
	}
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Cross-Origin-Resource-Policy", "cross-origin")
	c.Header("Cache-Control", "public, max-age=60")
}

// serveIssuer is the JWT VC Issuer Metadata.
func (a *API) serveIssuer(c *gin.Context) { c.JSON(http.StatusOK, a.KYC.Metadata()) }

// serveStatusList is a status list token (Token Status List §8.1).
func (a *API) serveStatusList(c *gin.Context) {
	text := c.Param("n")
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil || strconv.FormatInt(number, 10) != text {
		problem.Abort(c, kyc.ErrUnknown)
		return
	}
	token, err := a.KYC.StatusList(c.Request.Context(), number)
	if err != nil {
		problem.Abort(c, err)
		return
	}
	c.Data(http.StatusOK, statuslist.MediaType, []byte(token))
}

// serveType is the type metadata of attestations (SD-JWT VC §6).
func (a *API) serveType(c *gin.Context) {
	claim := func(label, description string, path ...any) gin.H {
		return gin.H{"path": path, "sd": "always", "display": []gin.H{{"locale": "en", "label": label, "description": description}}}
	}
	c.JSON(http.StatusOK, gin.H{
		"vct": a.KYC.VCT(), "name": "Identity verified with an eID card",
		"description": "What a person proved to a company with an eID card and consented to have attested.",
		"display":     []gin.H{{"locale": "en", "name": "Identity verified with an eID card"}},
		"claims": []gin.H{
			claim("Subject", "The person's identifier for one company.", "sub"),
			claim("Given name", "As the card has it.", kyc.GivenName),
			claim("Family name", "As the card has it.", kyc.FamilyName),
			claim("Date of birth", "By the personal code.", kyc.Birthdate),
			claim("Personal code", "The national one.", kyc.PersonalNumber),
			claim("Country", "That issued the personal code.", kyc.IssuingCountry),
			claim("Age", "Whether the person has reached an age in years.", "age_equal_or_over", nil),
		},
	})
}
