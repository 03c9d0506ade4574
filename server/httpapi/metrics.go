package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// requestMetrics counts requests by route, not by path: a stranger cannot make new series.
type requestMetrics struct {
	seconds *prometheus.HistogramVec
	streams prometheus.Gauge
}

func newRequestMetrics(registry prometheus.Registerer) (*requestMetrics, error) {
	m := &requestMetrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "labtide_http_request_duration_seconds", Help: "How long requests took, by method, route and status.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10},
		}, []string{"method", "route", "status"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "labtide_http_event_streams", Help: "Event streams that are open now."}),
	}
	if registry == nil {
		return m, nil
	}
	return m, errors.Join(registry.Register(m.seconds), registry.Register(m.streams))
}

// count notes an answered request. Streams end when people close a page: how long they took says nothing.
func (m *requestMetrics) count(c echo.Context, took time.Duration) {
	if c.Response().Header().Get("Content-Type") == eventStream {
		return
	}
	method := c.Request().Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		method = "other"
	}
	route := c.Path()
	if route == "" {
		route = "unknown"
	}
	m.seconds.WithLabelValues(method, route, strconv.Itoa(c.Response().Status)).Observe(took.Seconds())
}

// GetMetrics implements StrictServerInterface.
func (s *Server) GetMetrics(context.Context, GetMetricsRequestObject) (GetMetricsResponseObject, error) {
	return metricsAnswer{gatherer: s.gatherer}, nil
}

// metricsAnswer lets Prometheus' own handler write, which knows its formats.
type metricsAnswer struct{ gatherer prometheus.Gatherer }

// VisitGetMetricsResponse implements GetMetricsResponseObject.
func (a metricsAnswer) VisitGetMetricsResponse(w http.ResponseWriter) error {
	plain, err := http.NewRequest(http.MethodGet, "/metrics", nil) //nolint:noctx // it is never sent
	if err != nil {
		return err
	}
	// No Accept header: the text format, as the description says.
	promhttp.HandlerFor(a.gatherer, promhttp.HandlerOpts{DisableCompression: true}).ServeHTTP(w, plain)
	return nil
}
