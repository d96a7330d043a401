package sdjwt_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"eidgate/kyc/sdjwt"
)

// What a trusted key signed is still judged.
func TestOddAttestations(t *testing.T) {
	w := newWorld(t)
	good := w.header(t, "dc+sd-jwt", "ES256", w.chain)
	claims := func(edits string) string {
		return `{"iss":"https://kyc.example","vct":"` + vct + `","nbf":0,"exp":9999999999` + edits + `}`
	}
	digests := encodeDigest(`["s","a",1]`)
	for name, c := range map[string]struct{ header, payload, rest, want string }{
		"good":                        {good, claims(""), "", ""},
		"old type":                    {w.header(t, "vc+sd-jwt", "ES256", w.chain), claims(""), "", "jws.type"},
		"no type":                     {w.header(t, "", "ES256", w.chain), claims(""), "", "jws.type"},
		"key binding as attestation":  {w.header(t, "kb+jwt", "ES256", w.chain), claims(""), "", "jws.type"},
		"algorithm none":              {w.header(t, "dc+sd-jwt", "none", w.chain), claims(""), "", "jws.algorithm"},
		"algorithm HS256":             {w.header(t, "dc+sd-jwt", "HS256", w.chain), claims(""), "", "jws.algorithm"},
		"critical header":             {strings.Replace(good, "{", `{"crit":["b64"],`, 1), claims(""), "", "jws.malformed"},
		"key in the header":           {strings.Replace(good, "{", `{"jwk":{"kty":"EC"},`, 1), claims(""), "", "jws.malformed"},
		"header names twice":          {strings.Replace(good, "{", `{"alg":"none",`, 1), claims(""), "", "jws.malformed"},
		"no certificate":              {w.header(t, "dc+sd-jwt", "ES256", nil), claims(""), "", "sdjwt.issuer"},
		"another host":                {good, strings.Replace(claims(""), "kyc.example", "evil.example", 1), "", "sdjwt.issuer"},
		"not https":                   {good, strings.Replace(claims(""), "https://kyc", "http://kyc", 1), "", "sdjwt.issuer"},
		"a user in the issuer":        {good, strings.Replace(claims(""), "https://kyc.example\"", "https://evil@kyc.example\"", 1), "", "sdjwt.issuer"},
		"another vct":                 {good, strings.Replace(claims(""), "/v1", "/v2", 1), "", "sdjwt.type"},
		"expired":                     {good, strings.Replace(claims(""), "9999999999", "1", 1), "", "sdjwt.time"},
		"not yet":                     {good, strings.Replace(claims(""), `"nbf":0`, `"nbf":9999999998`, 1), "", "sdjwt.time"},
		"without an end":              {good, strings.Replace(claims(""), `"exp":9999999999`, `"x":1`, 1), "", "sdjwt.malformed"},
		"claims twice":                {good, claims(`,"exp":1`), "", "jws.malformed"},
		"other digests":               {good, claims(`,"_sd_alg":"sha-1"`), "", "sdjwt.malformed"},
		"a key that is none":          {good, claims(`,"cnf":{"kid":"x"}`), "", "sdjwt.malformed"},
		"a status of another kind":    {good, claims(`,"status":{"other":1}`), "", "sdjwt.malformed"},
		"digests that are none":       {good, claims(`,"_sd":"x"`), "", "sdjwt.disclosure"},
		"a digest twice":              {good, claims(`,"_sd":["` + digests + `","` + digests + `"]`), "", "sdjwt.disclosure"},
		"a digest in two places":      {good, claims(`,"_sd":["` + digests + `"],"o":{"_sd":["` + digests + `"]}`), "", "sdjwt.disclosure"},
		"a disclosure replaces":       {good, claims(`,"a":2,"_sd":["` + digests + `"]`), encode(`["s","a",1]`), "sdjwt.disclosure"},
		"exp disclosed":               {good, claims(`,"_sd":["` + encodeDigest(`["s","status",{}]`) + `"]`), encode(`["s","status",{}]`), "sdjwt.disclosure"},
		"an element as a claim":       {good, claims(`,"_sd":["` + encodeDigest(`["s",1]`) + `"]`), encode(`["s",1]`), "sdjwt.disclosure"},
		"a claim as an element":       {good, claims(`,"l":[{"...":"` + digests + `"}]`), encode(`["s","a",1]`), "sdjwt.disclosure"},
		"EXP in place of exp":         {good, strings.Replace(claims(""), `"exp"`, `"EXP"`, 1), "", "sdjwt.malformed"},
		"an EXP after exp":            {good, strings.Replace(claims(`,"EXP":9999999999`), `"exp":9999999999`, `"exp":1`, 1), "", "sdjwt.time"},
		"VCT in place of vct":         {good, strings.Replace(claims(""), `"vct"`, `"VCT"`, 1), "", "sdjwt.type"},
		"ISS in place of iss":         {good, strings.Replace(claims(""), `"iss"`, `"Iss"`, 1), "", "sdjwt.issuer"},
		"an end that wraps around":    {good, strings.Replace(claims(""), "9999999999", "9223372036854775807", 1), "", "jws.malformed"},
		"a beginning that wraps":      {good, strings.Replace(claims(""), `"nbf":0`, `"nbf":9223372036854775807`, 1), "", "jws.malformed"},
		"a beginning before 1970":     {good, strings.Replace(claims(""), `"nbf":0`, `"nbf":-1`, 1), "", "jws.malformed"},
		"an end without bound":        {good, strings.Replace(claims(""), "9999999999", "1e400", 1), "", "jws.malformed"},
		"an end with a fraction":      {good, strings.Replace(claims(""), "9999999999", "9999999999.5", 1), "", "jws.malformed"},
		"an end that is text":         {good, strings.Replace(claims(""), "9999999999", `"9999999999"`, 1), "", "jws.malformed"},
		"an end that is null":         {good, strings.Replace(claims(""), "9999999999", "null", 1), "", "jws.malformed"},
		"an end before its beginning": {good, claimsFrom(w.now, -30, 30), "", "sdjwt.time"},
		"a key that is null":          {good, claims(`,"cnf":null`), "", "jws.malformed"},
		"a key that is no point":      {good, claims(`,"cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}}`), "", "sdjwt.malformed"},
		"a key of another curve":      {good, claims(`,"cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":"AAAA"}}`), "", "sdjwt.malformed"},
		"a key and a name for one":    {good, claims(`,"cnf":{"jwk":{"kty":"EC"},"jku":"https://evil.example"}`), "", "sdjwt.malformed"},
		"a status that is null":       {good, claims(`,"status":null`), "", "jws.malformed"},
		"a list that is null":         {good, claims(`,"status":{"status_list":null}`), "", "jws.malformed"},
		"a status without a place":    {good, claims(`,"status":{"status_list":{"uri":"https://kyc.example/statuslists/1"}}`), "", "sdjwt.malformed"},
		"a status without a list":     {good, claims(`,"status":{"status_list":{"idx":1}}`), "", "sdjwt.malformed"},
		"a place before the list":     {good, claims(`,"status":{"status_list":{"idx":-1,"uri":"x"}}`), "", "jws.malformed"},
		"a place between two":         {good, claims(`,"status":{"status_list":{"idx":1.5,"uri":"x"}}`), "", "jws.malformed"},
		"a place that is text":        {good, claims(`,"status":{"status_list":{"idx":"1","uri":"x"}}`), "", "jws.malformed"},
		"a place beyond all numbers":  {good, claims(`,"status":{"status_list":{"idx":18446744073709551616,"uri":"x"}}`), "", "jws.malformed"},
		"IDX in place of idx":         {good, claims(`,"status":{"status_list":{"IDX":1,"uri":"x"}}`), "", "sdjwt.malformed"},
		"two kinds of status":         {good, claims(`,"status":{"status_list":{"idx":1,"uri":"x"},"identifier_list":{}}`), "", "sdjwt.malformed"},
		"digests of no algorithm":     {good, claims(`,"_sd_alg":""`), "", "sdjwt.malformed"},
		"digests of null":             {good, claims(`,"_sd_alg":null`), "", "jws.malformed"},
		"digests of SHA-512":          {good, claims(`,"_sd_alg":"sha-512"`), "", "sdjwt.malformed"},
		"digests that are null":       {good, claims(`,"_sd":null`), "", "sdjwt.disclosure"},
		"a digest that is a number":   {good, claims(`,"_sd":[1]`), "", "sdjwt.disclosure"},
		"a digest with padding":       {good, claims(`,"_sd":["` + digests + `="]`), encode(`["s","a",1]`), "sdjwt.disclosure"},
		"a digest in hexadecimal":     {good, claims(`,"_sd":["` + hexDigest(`["s","a",1]`) + `"]`), encode(`["s","a",1]`), "sdjwt.disclosure"},
		"digests of nobody":           {good, claims(`,"_sd":["` + encodeDigest("x") + `","` + encodeDigest("y") + `"]`), "", ""},
		"an empty name disclosed":     {good, claims(`,"_sd":["` + encodeDigest(`["s","",1]`) + `"]`), encode(`["s","",1]`), "sdjwt.disclosure"},
		"_sd disclosed":               {good, claims(`,"_sd":["` + encodeDigest(`["s","_sd",[]]`) + `"]`), encode(`["s","_sd",[]]`), "sdjwt.disclosure"},
		"... disclosed":               {good, claims(`,"_sd":["` + encodeDigest(`["s","...",1]`) + `"]`), encode(`["s","...",1]`), "sdjwt.disclosure"},
		"_sd_alg disclosed":           {good, claims(`,"_sd":["` + encodeDigest(`["s","_sd_alg","x"]`) + `"]`), encode(`["s","_sd_alg","x"]`), "sdjwt.disclosure"},
		"iss disclosed":               {good, claims(`,"_sd":["` + encodeDigest(`["s","iss","x"]`) + `"]`), encode(`["s","iss","x"]`), "sdjwt.disclosure"},
		"cnf disclosed":               {good, claims(`,"_sd":["` + encodeDigest(`["s","cnf",{}]`) + `"]`), encode(`["s","cnf",{}]`), "sdjwt.disclosure"},
		"vct disclosed":               {good, claims(`,"_sd":["` + encodeDigest(`["s","vct","x"]`) + `"]`), encode(`["s","vct","x"]`), "sdjwt.disclosure"},
		"... inside what is shown":    {good, claims(`,"_sd":["` + encodeDigest(`["s","a",{"...":"x"}]`) + `"]`), encode(`["s","a",{"...":"x"}]`), "sdjwt.disclosure"},
		"names twice inside":          {good, claims(`,"_sd":["` + encodeDigest(`["s","a",{"b":1,"b":2}]`) + `"]`), encode(`["s","a",{"b":1,"b":2}]`), "sdjwt.disclosure"},
		"a digest inside and outside": {good, claims(`,"_sd":["` + digests + `","` + encodeDigest(`["s","o",{"_sd":["`+digests+`"]}]`) + `"]`), encode(`["s","o",{"_sd":["` + digests + `"]}]`), "sdjwt.disclosure"},
		"a salt that is a number":     {good, claims(`,"_sd":["` + encodeDigest(`[1,"a",1]`) + `"]`), encode(`[1,"a",1]`), "sdjwt.disclosure"},
		"four parts":                  {good, claims(`,"_sd":["` + encodeDigest(`["s","a",1,2]`) + `"]`), encode(`["s","a",1,2]`), "sdjwt.disclosure"},
		"text that is not UTF-8":      {good, claims(",\"a\":\"\xff\""), "", "jws.malformed"},
		"an Alg that is nobody's":     {strings.Replace(good, "{", `{"Alg":"none",`, 1), claims(""), "", ""},
		"an algorithm misspelt":       {strings.Replace(good, `"alg"`, `"ALG"`, 1), claims(""), "", "jws.algorithm"},
		"a critical header of none":   {strings.Replace(good, "{", `{"crit":[],`, 1), claims(""), "", "jws.malformed"},
		"a key that is null in it":    {strings.Replace(good, "{", `{"jwk":null,`, 1), claims(""), "", "jws.malformed"},
		"keys elsewhere":              {strings.Replace(good, "{", `{"jku":"https://evil.example/keys",`, 1), claims(""), "", "jws.malformed"},
		"certificates elsewhere":      {strings.Replace(good, "{", `{"x5u":"https://evil.example/pem",`, 1), claims(""), "", "jws.malformed"},
		"another key's name":          {strings.Replace(good, "{", `{"kid":"another",`, 1), claims(""), "", ""},
		"a reserved name":             {good, claims(`,"...":"x"`), "", "sdjwt.disclosure"},
		"an element shown":            {good, claims(`,"l":[1,{"...":"` + encodeDigest(`["s",2]`) + `"}]`), encode(`["s",2]`), ""},
		"an element left out":         {good, claims(`,"l":[1,{"...":"` + encodeDigest(`["s",2]`) + `"}]`), "", ""},
		"a payload that is an array":  {good, `[1]`, "", "jws.malformed"},
		"a payload that nests deeply": {good, claims(`,"d":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)), "", "jws.malformed"},
	} {
		text := w.sign(t, c.header, c.payload)
		if c.rest != "" {
			text += c.rest + "~"
		}
		if _, err := w.verifier.Verify(t.Context(), text, sdjwt.Expect{}); code(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// claimsFrom makes a payload that is valid by the leeway alone.
func claimsFrom(now time.Time, expires, begins int64) string {
	return fmt.Sprintf(`{"iss":"https://kyc.example","vct":"`+vct+`","nbf":%d,"exp":%d}`, now.Unix()+begins, now.Unix()+expires)
}

func hexDigest(disclosure string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(encode(disclosure))))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func encodeDigest(disclosure string) string {
	sum := sha256.Sum256([]byte(encode(disclosure)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func encodeDigestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
