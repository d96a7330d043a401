package gateway

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"eidgate/gateway/api"
	"eidgate/gateway/signing"
	"eidgate/internal/db"
	"eidgate/kyc"
	"eidgate/sign"
)

// mountSigning serves signing and validation.
func (s *Server) mountSigning(r gin.IRouter) error {
	c := s.config.Signing
	service, err := signing.New(signing.Options{
		Database: s.store, Verifier: s.trust.Verifier, Intermediates: s.trust.Intermediates, Timestamper: s.trust.Timestamps,
		Record: s.signingRecorder(s.recordSigning), Now: s.now, Random: s.random,
		Limits: signing.Limits{
			File: min(c.File, s.config.Limits.Upload), Request: c.Request, Stored: c.Stored, Open: c.Open, Life: c.Life, Keep: c.Keep,
		},
	})
	if err != nil {
		return fmt.Errorf("preparing the signing service: %w", err)
	}
	interfaces, err := api.New(api.Options{
		Signing: service, Validator: s.newValidator(), Keys: s.keyCaller, KYC: s.kyc, Log: s.log, Now: s.now, Random: s.random,
	})
	if err != nil {
		return fmt.Errorf("preparing the API: %w", err)
	}
	interfaces.Mount(r)
	s.background.Every("deleting signed documents whose time is over", time.Minute, func(ctx context.Context) error {
		_, err := service.Sweep(ctx)
		return err
	})
	return nil
}

// keyCaller is the company that an API key stands for: it signs for itself and
// sees no signature of anybody else.
func (s *Server) keyCaller(ctx context.Context, key string) (*signing.Caller, error) {
	if s.kyc == nil {
		return nil, kyc.ErrKey
	}
	client, err := s.kyc.Client(ctx, key)
	if err != nil {
		return nil, err
	}
	return &signing.Caller{Owners: []string{"key:" + client.ID}, Organisation: client.ID, Method: "api-key"}, nil
}

// newValidator judges documents, asking responders for what they lack.
func (s *Server) newValidator() *signing.Validator {
	trust := sign.Trust{Store: s.trust.Store, Revocation: s.trust.Verifier.Revocation, Now: s.now}
	return signing.NewValidator(trust, min(s.config.Signing.Validate, s.config.Limits.Upload), os.TempDir(), runtime.GOMAXPROCS(0))
}

// signingRecorder counts the steps of signatures on their way to the next
// recorder.
func (s *Server) signingRecorder(next signing.Recorder) signing.Recorder {
	steps := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eidgate_signing_steps_total", Help: "Steps of signatures, by what was done and why it was denied."}, []string{"step", "code"})
	s.metrics.MustRegister(steps)
	return func(ctx context.Context, tx db.Querier, a signing.Access) error {
		if next != nil {
			if err := next(ctx, tx, a); err != nil {
				return err
			}
		}
		steps.WithLabelValues(string(a.Action), a.Refusal).Inc()
		return nil
	}
}
