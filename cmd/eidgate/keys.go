package main

import (
	"fmt"

	"eidgate/gateway"
)

// serviceFlags say which service a command is about.
type serviceFlags struct {
	Data   string `help:"The service's folder (${data})." placeholder:"DIR"`
	Config string `help:"The service's configuration, YAML; flags win over it." placeholder:"FILE"`
}

func (f serviceFlags) configuration() (gateway.Config, error) {
	return (&serveCommand{Data: f.Data, Config: f.Config}).configuration()
}

type keysCommands struct {
	New newKeyCommand `cmd:"" help:"Make an API key for a company; it is shown once."`
}

type newKeyCommand struct {
	serviceFlags
	Name   string   `required:"" help:"The company's name, as persons will read it."`
	Return []string `help:"Origin persons may be sent back to, such as https://startup.example; may be given again." placeholder:"ORIGIN"`
}

func (c *newKeyCommand) Run(a *app) error {
	config, err := c.configuration()
	if err != nil {
		return err
	}
	client, key, err := gateway.NewKey(a.ctx, config, c.Name, c.Return)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Client  %s  %s\nKey     %s\n", client.ID, client.Name, key)
	fmt.Fprintln(a.errOut, "The key is not kept: put it where the company's secrets are.")
	return nil
}

type auditCommands struct {
	Check checkCommand `cmd:"" help:"Compare every access event with the ledger; the service must not run."`
}

type checkCommand struct{ serviceFlags }

func (c *checkCommand) Run(a *app) error {
	config, err := c.configuration()
	if err != nil {
		return err
	}
	log := gateway.NewLog(config.Log, a.errOut)
	if err := redirectKlog(log); err != nil {
		return fmt.Errorf("preparing the log: %w", err)
	}
	if err := gateway.CheckEvents(a.ctx, config, log); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "Every access event is as it was recorded.")
	return nil
}
