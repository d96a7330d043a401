package pki

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Timeouts of the server: requests are small, and so is the patience with
// those who send them slowly.
const (
	readTimeout  = 10 * time.Second
	writeTimeout = 60 * time.Second
	idleTimeout  = 60 * time.Second
	drainTimeout = 5 * time.Second
)

// Serve runs the services on the PKI's address until ctx ends, then lets
// requests finish. ready, when not nil, is called once they are reachable.
func (p *PKI) Serve(ctx context.Context, ready func()) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", p.config.Listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", p.config.Listen, err)
	}
	return p.ServeListener(ctx, l, ready)
}

// ServeListener is Serve on a listener the caller made; it is closed.
func (p *PKI) ServeListener(ctx context.Context, l net.Listener, ready func()) error {
	for _, name := range []string{rootName, issuingName} {
		if _, err := p.responder(name); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	server := &http.Server{
		Handler: p.Handler(), ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: slog.NewLogLogger(p.options.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	if ready != nil {
		ready()
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serving the PKI: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := server.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		// Shutdown waits for connections that were opened and never used; whoever
		// is still there had the time to finish.
		err = server.Close()
	}
	if err != nil {
		return fmt.Errorf("stopping the PKI: %w", err)
	}
	return nil
}
