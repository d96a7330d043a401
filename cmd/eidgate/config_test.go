package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"eidgate/gateway"
)

// TestConfigReadsBack: what is printed is what serve would do without a file.
func TestConfigReadsBack(t *testing.T) {
	c, err := gateway.Parse([]byte(must(t, "config")))
	if diff := cmp.Diff(gateway.Defaults(), c, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
}
