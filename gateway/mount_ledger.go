package gateway

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// mountLedger shows the ledger to auditors: its key, its checkpoint and its
// tiles, which hold no personal data.
func (s *Server) mountLedger(r gin.IRouter) error {
	tiles, err := s.ledger.Handler()
	if err != nil {
		return fmt.Errorf("showing the ledger: %w", err)
	}
	public := http.StripPrefix("/ledger", tiles)
	r.GET("/ledger/*file", func(c *gin.Context) {
		if c.Param("file") == "/key" {
			c.String(http.StatusOK, "%s\n", s.ledgerPublic)
			return
		}
		public.ServeHTTP(c.Writer, c.Request)
	})
	s.watchEvents()
	return nil
}

const checkEventsEvery = time.Hour

// watchEvents compares all events with the ledger again and again: a changed
// byte raises an alarm even when nobody opens the page.
func (s *Server) watchEvents() {
	intact := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "eidgate_events_intact", Help: "1 when the last check found every access event as it was recorded, 0 when not.",
	})
	intact.Set(1)
	s.metrics.MustRegister(intact)
	s.background.Every("checking the access events", checkEventsEvery, func(ctx context.Context) error {
		err := s.events.Check(ctx)
		if err != nil && ctx.Err() == nil {
			intact.Set(0)
			return err
		}
		intact.Set(1)
		return nil
	})
}
