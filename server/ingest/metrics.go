package ingest

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	messages  *prometheus.CounterVec
	refused   *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	samples   prometheus.Counter
	poison    prometheus.Counter
	conflicts prometheus.Counter
	batches   prometheus.Counter
	retries   prometheus.Counter
	ignored   prometheus.Counter
}

// newMetrics makes the metrics and registers them, if there is somebody to register with.
func newMetrics(registerer prometheus.Registerer, i *Ingest) *metrics {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "labtide", Subsystem: "ingest", Name: name, Help: help}
	}
	m := &metrics{
		messages: prometheus.NewCounterVec(opts("messages_total", "Messages that came, by channel."), []string{"channel"}),
		refused:  prometheus.NewCounterVec(opts("refused_total", "Samples and messages refused for ever, by reason."), []string{"code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "labtide", Subsystem: "ingest", Name: "store_seconds", Help: "Time to store a batch, by store.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"store"}),
		samples:   prometheus.NewCounter(opts("samples_total", "Samples that came.")),
		poison:    prometheus.NewCounter(opts("poison_total", "Usage messages that could not be read.")),
		conflicts: prometheus.NewCounter(opts("conflicts_total", "Different samples for one minute of one device: a cloned identity or a lost outbox.")),
		batches:   prometheus.NewCounter(opts("batches_total", "Batches stored.")),
		retries:   prometheus.NewCounter(opts("retries_total", "Attempts to store that failed and are made again.")),
		ignored:   prometheus.NewCounter(opts("ignored_states_total", "States of a session that a newer one of the device has replaced: late wills, or a clock that ran ahead once.")),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "labtide", Subsystem: "ingest", Name: name, Help: help}, value)
	}
	queue := gauge("queue_messages", "Usage messages that wait to be stored.", func() float64 { return float64(len(i.usage)) })
	connected := gauge("connected", "1 while subscribed to the broker.", func() float64 {
		if i.link.trouble.reason() != nil {
			return 0
		}
		return 1
	})
	if registerer != nil {
		registerer.MustRegister(m.messages, m.refused, m.seconds, m.samples, m.poison, m.conflicts, m.batches, m.retries, m.ignored, queue, connected)
	}
	return m
}
