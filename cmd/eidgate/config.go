package main

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"eidgate/gateway"
)

type configCommand struct{}

// Run prints the defaults in the form that --config reads.
func (configCommand) Run(a *app) error {
	text, err := yaml.Marshal(gateway.Defaults())
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	fmt.Fprintf(a.out, "# The settings of \"eidgate serve\". A file needs only those that differ.\n# go doc eidgate/gateway.Config says what each means.\n%s", text)
	return nil
}
