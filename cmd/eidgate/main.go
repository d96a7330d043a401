// Command eidgate is the operator's program. It runs the gateway, as a sandbox
// when nothing else is said:
//
//	eidgate serve [--data DIR] [--listen ADDR] [--config FILE]
//	eidgate config
//
// makes API keys for companies and examines the access events:
//
//	eidgate keys new --name NAME [--return ORIGIN]
//	eidgate keys new --client ID
//	eidgate keys list
//	eidgate keys revoke ID
//	eidgate audit check
//	eidgate exchange export ID -o FILE
//
// and makes and runs a demonstration PKI:
//
//	eidgate pki init DIR
//	eidgate pki serve DIR
//	eidgate pki issue DIR --surname NÄIDIS --given MINJI --code 60102030007
//	eidgate pki list DIR
//	eidgate pki revoke DIR SERIAL --reason key-compromise
//
// It reads no environment variable. The PKI listens on the loopback address that
// was fixed by init, nowhere else.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"eidgate/certs/pki"
	"eidgate/gateway"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type commands struct {
	Serve  serveCommand  `cmd:"" help:"Run the gateway: signing, login, API and pages."`
	Config configCommand `cmd:"" help:"Print every setting of the gateway with its default."`

	Keys  keysCommands  `cmd:"" help:"Make, list and revoke API keys."`
	Audit auditCommands `cmd:"" help:"Examine the access events."`

	Exchange exchangeCommands `cmd:"" help:"Write evidence of the data exchange."`

	PKI pkiCommands `cmd:"" name:"pki" help:"Make and run a demonstration PKI."`
}

// app is what every command is given.
type app struct {
	ctx    context.Context
	out    io.Writer
	errOut io.Writer
	log    *slog.Logger
}

// run is the whole program but for its exit.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("eidgate"),
		kong.Description("Run the services behind electronic identity cards.\n\n"+exitCodesHelp),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }), kong.Vars{
			"listen": pki.DefaultListen, "data": gateway.Defaults().Data, "address": gateway.Defaults().Listen,
		})
	if err != nil {
		return report(errOut, err)
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help was asked for and given
		return exited
	}
	if err != nil {
		return report(errOut, usageError{err})
	}
	log := slog.New(slog.NewTextHandler(errOut, nil))
	return report(errOut, parsed.Run(&app{ctx: ctx, out: out, errOut: errOut, log: log}))
}
