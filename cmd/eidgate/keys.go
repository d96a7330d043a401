package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"eidgate/gateway"
	"eidgate/kyc"
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
	New    newKeyCommand    `cmd:"" help:"Make an API key for a company; it is shown once."`
	List   listKeysCommand  `cmd:"" help:"Show the keys that were made, and when each was last used."`
	Revoke revokeKeyCommand `cmd:"" help:"End an API key, at once and for good."`
}

type newKeyCommand struct {
	serviceFlags
	Name   string   `xor:"whose" required:"" help:"The company's name, as persons will read it."`
	Client string   `xor:"whose" required:"" help:"A company that has a key already, for which another is made." placeholder:"cl_..."`
	Return []string `help:"Origin persons may be sent back to, such as https://startup.example; may be given again. With --name." placeholder:"ORIGIN"`
}

func (c *newKeyCommand) Validate() error {
	if c.Client != "" && len(c.Return) > 0 {
		return errors.New("--return belongs to --name: a company has its origins from its first key")
	}
	return nil
}

func (c *newKeyCommand) Run(a *app) error {
	config, err := c.configuration()
	if err != nil {
		return err
	}
	return gateway.WithKeys(a.ctx, config, func(keys kyc.Keys) error {
		var key kyc.Key
		var secret string
		var err error
		if c.Client != "" {
			key, secret, err = keys.Add(a.ctx, c.Client)
		} else {
			key, secret, err = keys.New(a.ctx, c.Name, c.Return)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Client  %s  %s\nID      %s\nKey     %s\n", key.Client.ID, key.Client.Name, key.ID, secret)
		fmt.Fprintln(a.errOut, "The key is not kept: put it where the company's secrets are.")
		return nil
	})
}

type listKeysCommand struct{ serviceFlags }

func (c *listKeysCommand) Run(a *app) error {
	config, err := c.configuration()
	if err != nil {
		return err
	}
	return gateway.WithKeys(a.ctx, config, func(keys kyc.Keys) error {
		list, err := keys.List(a.ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tSTATUS\tMADE\tLAST USED\tREVOKED\tCLIENT\tNAME")
		for _, key := range list {
			status := "good"
			if !key.Revoked.IsZero() {
				status = "revoked"
			}
			fmt.Fprintln(w, strings.Join([]string{
				key.ID, status, moment(key.Created), moment(key.Used), moment(key.Revoked), key.Client.ID, key.Client.Name,
			}, "\t"))
		}
		return w.Flush()
	})
}

// moment is a time in UTC, a dash where there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime)
}

type revokeKeyCommand struct {
	serviceFlags
	ID string `arg:"" help:"The key's identifier, ak_..., which \"eidgate keys list\" shows."`
}

func (c *revokeKeyCommand) Run(a *app) error {
	config, err := c.configuration()
	if err != nil {
		return err
	}
	return gateway.WithKeys(a.ctx, config, func(keys kyc.Keys) error {
		key, err := keys.Revoke(a.ctx, c.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Revoked  %s  of %s %s since %s\n", key.ID, key.Client.ID, key.Client.Name, moment(key.Revoked))
		return nil
	})
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
