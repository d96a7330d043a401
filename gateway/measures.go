package gateway

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"eidgate/gateway/session"
	"eidgate/internal/db"
)

// measures are the service's metrics. Labels are routes, methods, statuses and
// codes: sets that are small and tell of nobody.
type measures struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	problems *prometheus.CounterVec
	logins   *prometheus.CounterVec
	reports  prometheus.Counter
	panics   prometheus.Counter
}

func newMeasures(r prometheus.Registerer) *measures {
	m := &measures{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eidgate_http_requests_total", Help: "Requests answered."}, []string{"route", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "eidgate_http_request_seconds", Help: "Time to answer.", Buckets: []float64{.001, .005, .025, .1, .5, 2, 10, 60},
		}, []string{"route"}),
		problems: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eidgate_problems_total", Help: "Requests answered with a problem, by its code."}, []string{"code"}),
		logins:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eidgate_logins_total", Help: "Logins, refused logins and logouts."}, []string{"event", "method", "code"}),
		reports:  prometheus.NewCounter(prometheus.CounterOpts{Name: "eidgate_csp_reports_total", Help: "Reports of the content security policy."}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "eidgate_panics_total", Help: "Handlers that panicked."}),
	}
	r.MustRegister(m.requests, m.took, m.problems, m.logins, m.reports, m.panics,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *measures) request(o *observed, method string, took time.Duration) {
	m.requests.WithLabelValues(o.route, knownMethod(method), strconv.Itoa(o.status)).Inc()
	m.took.WithLabelValues(o.route).Observe(took.Seconds())
	if o.code != "" {
		m.problems.WithLabelValues(o.code).Inc()
	}
}

// recorder counts logins on their way to the next recorder.
func (m *measures) recorder(next session.Recorder) session.Recorder {
	return func(ctx context.Context, tx db.Querier, a session.Access) error {
		if next != nil {
			if err := next(ctx, tx, a); err != nil {
				return err
			}
		}
		m.logins.WithLabelValues(string(a.Kind), string(a.Method), a.Code).Inc()
		return nil
	}
}
