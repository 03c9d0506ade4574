package courier

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// countLimit bounds how long a reading of the metrics waits for the store.
const countLimit = 5 * time.Second

// gauges are counts that are read when somebody asks: they are true of all processes, whichever answers.
type gauges struct {
	queue   Queue
	effects *prometheus.Desc
	waiting *prometheus.Desc
	dead    *prometheus.Desc
	oldest  *prometheus.Desc
}

// Metrics gives what waits and what is dead, as metrics.
func Metrics(queue Queue) prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("labtide_courier_"+name, help, labels, nil)
	}
	return &gauges{
		queue:   queue,
		effects: desc("effects_waiting", "What happened and is not yet on its way to anybody."),
		waiting: desc("deliveries_waiting", "Messages that wait for their first or another attempt.", "channel"),
		dead:    desc("deliveries_dead", "Messages of the last 30 days that were refused for good or came too late.", "channel"),
		oldest:  desc("oldest_seconds", "Age of the oldest message that waits."),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.effects, g.waiting, g.dead, g.oldest} {
		out <- d
	}
}

// Collect implements prometheus.Collector. Without the store there is no reading.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), countLimit)
	defer cancel()
	counts, err := g.queue.Counts(ctx)
	if err != nil {
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(g.effects, float64(counts.Effects))
	for _, c := range Channels() {
		gauge(g.waiting, float64(counts.Waiting[c]), string(c))
		gauge(g.dead, float64(counts.Dead[c]), string(c))
	}
	age := 0.0
	if !counts.OldestAt.IsZero() {
		age = time.Since(counts.OldestAt).Seconds()
	}
	gauge(g.oldest, age)
}
