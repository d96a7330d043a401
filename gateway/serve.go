package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Serve runs the service until ctx ends: then /readyz says no, running requests
// finish, and the listeners close. ready, when not nil, is called once the
// service answers.
func (s *Server) Serve(ctx context.Context, ready func()) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, 5)
	public := s.httpServer(s.handler)
	go func() { failed <- public.Serve(tls.NewListener(s.listener, s.tlsConfig())) }()
	if s.metricsPort != nil {
		go func() { failed <- s.httpServer(s.metricsHandler()).Serve(s.metricsPort) }()
	}
	if s.exchangePort != nil {
		go func() { failed <- s.httpServer(s.forExchange(s.xroad.Provider())).Serve(s.exchangePort) }()
	}
	if s.systemsPort != nil {
		go func() { failed <- s.httpServer(s.forExchange(s.systems)).Serve(s.systemsPort) }()
	}
	pkiDone := make(chan error, 1)
	if s.pkiPort != nil {
		go func() { pkiDone <- s.pki.ServeListener(running, s.pkiPort, nil) }()
	} else {
		pkiDone <- nil
	}
	s.background.start(running)
	s.ready.open(true)
	if ready != nil {
		ready()
	}
	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("serving: %w", err)
	case err = <-s.ended:
	case <-ctx.Done():
	}
	err = errors.Join(err, s.drain(context.WithoutCancel(ctx), public))
	stop()
	s.background.wait()
	return errors.Join(err, <-pkiDone)
}

// drain lets running requests finish.
func (s *Server) drain(ctx context.Context, public *http.Server) error {
	s.ready.open(false)
	time.Sleep(s.config.Stop.Notice)
	ctx, cancel := context.WithTimeout(ctx, s.config.Stop.Drain)
	defer cancel()
	if err := public.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stopping: %w", err), public.Close())
	}
	return nil
}

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: s.config.Limits.Head, IdleTimeout: s.config.Limits.Idle, MaxHeaderBytes: s.config.Limits.Header,
		DisableGeneralOptionsHandler: true, // "OPTIONS *" goes the way of every request
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) metricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	return mux
}

// Close gives everything back. It is safe to call after a failed New and after
// Serve.
func (s *Server) Close() error {
	var err error
	for _, l := range []net.Listener{s.listener, s.metricsPort, s.pkiPort, s.exchangePort, s.systemsPort} {
		if l == nil {
			continue
		}
		if e := l.Close(); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	if s.xroad != nil {
		s.xroad.Close()
	}
	err = errors.Join(err, s.closeLedger())
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	if s.pki != nil {
		s.pki.Close()
	}
	return err
}
