package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eidgate/xroad"
)

// What an operator does beside the running service, on its database.

// CheckEvents compares every access event with the ledger, see audit.Events.
// The service must not run: the tree belongs to one process.
func CheckEvents(ctx context.Context, c Config, log *slog.Logger) (err error) {
	c.Listen, c.Metrics.Listen, c.Exchange.Listen, c.Exchange.Systems = "localhost:0", "", "", ""
	c.Sandbox.PKIElsewhere = true
	s, err := New(ctx, c, Options{Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }() //nolint:contextcheck // closing goes on when the caller has left
	return s.events.Check(ctx)
}

// ExportExchange writes the evidence of one exchange as an ASiC-E container,
// see xroad.Gateway.Export, whether the service runs or not. id is the
// x-road-request-id or x-road-id of the exchange.
func ExportExchange(ctx context.Context, c Config, id string, part xroad.Part, w io.Writer) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	c.Listen, c.Metrics.Listen, c.Exchange.Listen, c.Exchange.Systems = "localhost:0", "", "", ""
	c.Sandbox.PKIElsewhere = true
	s := &Server{config: c, log: slog.New(slog.DiscardHandler), now: time.Now, random: rand.Reader, metrics: prometheus.NewRegistry()}
	defer func() { err = errors.Join(err, s.Close()) }() //nolint:contextcheck // closing goes on when the caller has left
	for _, step := range []func(context.Context) error{s.listen, s.openTrust, s.openStore, s.openExchange} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if s.xroad == nil {
		return refuse("exchange.instance", "there is no exchange")
	}
	return s.xroad.Export(ctx, id, part, w)
}
