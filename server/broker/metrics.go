package broker

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	refused  *prometheus.CounterVec
	denied   prometheus.Counter
	shed     prometheus.Counter
	overflow prometheus.Counter
	panics   prometheus.Counter
}

// newMetrics makes the counters and registers them, if there is somebody to register with.
func newMetrics(registerer prometheus.Registerer, b *Broker) metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "labtide", Subsystem: "broker", Name: name, Help: help})
	}
	m := metrics{
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "labtide", Subsystem: "broker", Name: "refused_total", Help: "Connections refused, by reason.",
		}, []string{"reason"}),
		denied:   counter("denied_total", "Messages dropped because the device may not publish them."),
		shed:     counter("shed_total", "Usage messages dropped because the server was behind; agents send them again."),
		overflow: counter("overflow_total", "Messages dropped because a client reads too slowly."),
		panics:   counter("panics_total", "Connections ended by a fault of the library."),
	}
	connections := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "labtide", Subsystem: "broker", Name: "connections", Help: "Open connections, the server's own included.",
	}, func() float64 {
		b.mu.Lock()
		defer b.mu.Unlock()
		return float64(len(b.peers))
	})
	if registerer != nil {
		registerer.MustRegister(m.refused, m.denied, m.shed, m.overflow, m.panics, connections)
	}
	return m
}
