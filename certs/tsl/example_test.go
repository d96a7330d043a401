package tsl_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"eidgate/certs"
	"eidgate/certs/tsl"
)

// From the EU's list of lists to a trust store for document signatures.
func ExampleCache() {
	var pinned []*x509.Certificate // the list's signers, from the Official Journal
	cache := &tsl.Cache{
		Dir:         "/var/lib/eidgate/tsl",
		Source:      tsl.Source{URL: "https://ec.europa.eu/tools/lotl/eu-lotl.xml", Signers: pinned},
		Territories: []string{"EE", "LV", "LT", "FI"},
	}
	set, err := cache.Update(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range set.Summaries(time.Now()) {
		fmt.Println(s.Territory, s.Sequence, s.NextUpdate, s.Problem)
	}
	store, err := set.Store(certs.Production, tsl.Filter{
		Kinds: []tsl.Kind{tsl.QualifiedCA}, Use: tsl.ForSignatures, At: time.Now(),
	})
	fmt.Println(store, err)
}
