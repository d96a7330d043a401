package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"eidgate/gateway"
)

type serveCommand struct {
	Data   string `help:"Folder of a sandbox's database, demonstration PKI and TLS certificate; made when missing (${data})." placeholder:"DIR"`
	Listen string `help:"Address of the service (${address})." placeholder:"ADDR"`
	Config string `help:"Configuration, YAML; flags win over it." placeholder:"FILE"`
}

// configuration is the file's, or the defaults, with the flags over it.
func (c *serveCommand) configuration() (gateway.Config, error) {
	config := gateway.Defaults()
	if c.Config != "" {
		var err error
		if config, err = gateway.Load(c.Config); err != nil {
			return config, err
		}
	}
	if c.Data != "" {
		config.Data = c.Data
	}
	if c.Listen != "" {
		config.Listen = c.Listen
	}
	return config, nil
}

func (c *serveCommand) Run(a *app) error {
	config, err := c.configuration()
	if err != nil {
		return err
	}
	log := gateway.NewLog(config.Log, a.errOut)
	if err := redirectKlog(log); err != nil {
		return fmt.Errorf("preparing the log: %w", err)
	}
	server, err := gateway.New(a.ctx, config, gateway.Options{Log: log})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(a.ctx)
	defer stop()
	go reloadOnHangup(ctx, a, server)
	err = server.Serve(a.ctx, func() { c.welcome(a, config, server) })
	return errors.Join(err, server.Close())
}

// welcome tells the operator where things are.
func (c *serveCommand) welcome(a *app, config gateway.Config, server *gateway.Server) {
	fmt.Fprintf(a.out, "Service   %s\nListening %s\n", server.URL(), server.Addr())
	if url := server.MetricsURL(); url != "" {
		fmt.Fprintf(a.out, "Metrics   %s\n", url)
	}
	if config.Mode == gateway.Sandbox {
		fmt.Fprintf(a.out, "SANDBOX   believes the demonstration PKI in %s; trust it nowhere else.\n", server.PKIFolder())
		fmt.Fprintf(a.out, "          Test card: eidgate pki issue %s --surname NÄIDIS --given MINJI --code 60102030007\n", server.PKIFolder())
	}
	fmt.Fprintln(a.out, "ready")
}

// reloadOnHangup reads the TLS certificate again on SIGHUP.
func reloadOnHangup(ctx context.Context, a *app, server *gateway.Server) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		if err := server.Reload(); err != nil {
			a.log.WarnContext(ctx, "reading the TLS certificate again", "error", err)
			continue
		}
		a.log.InfoContext(ctx, "the TLS certificate was read again")
	}
}
