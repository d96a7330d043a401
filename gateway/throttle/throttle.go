package throttle

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Class is a kind of requests with buckets of its own.
type Class int

// The classes there are.
const (
	Free     Class = iota // never refused
	Other                 // all that is not one of those below
	Login                 // challenges and logins
	Sign                  // steps of a signature: begin, upload, prepare, complete
	Validate              // documents to judge
	Verify                // verifications and attestations of companies
	Consent               // the page where a person answers a company
	classes  = int(Consent) + 1
)

// String names a class in metrics.
func (c Class) String() string {
	if c < Free || int(c) >= classes {
		return "unknown"
	}
	return [...]string{"free", "other", "login", "sign", "validate", "verify", "consent"}[c]
}

// Rate is how often something may happen: Burst times at once, and PerMinute
// times a minute when it goes on.
type Rate struct{ PerMinute, Burst int }

// Rates of a class.
type Rates struct{ Address, Holder Rate }

// Options of a Throttle. All but Proxies are required.
type Options struct {
	Rates map[Class]Rates // of every class but Free
	// AtOnce is how many requests that carry documents one address may have under
	// way, those of Sign and of Validate: each may take its time.
	AtOnce int
	// Remembered is how many addresses, and how many holders, have buckets.
	Remembered int
	// Proxies are believed about who their clients are.
	Proxies []netip.Prefix
	Now     func() time.Time
	Metrics prometheus.Registerer
}

// Throttle has the buckets. It is safe for concurrent use.
type Throttle struct {
	options   Options
	addresses *clients[netip.Prefix]
	holders   *clients[holder]
	inflight  inflight
	refused   *prometheus.CounterVec
}

var errOptions = errors.New("throttle: an option is missing")

// New makes a Throttle that has seen nobody.
func New(o Options) (*Throttle, error) {
	if o.Remembered <= 0 || o.AtOnce <= 0 || o.Now == nil || o.Metrics == nil {
		return nil, errOptions
	}
	t := &Throttle{options: o, addresses: newClients[netip.Prefix](o.Remembered), holders: newClients[holder](o.Remembered)}
	t.inflight.count = make(map[netip.Prefix]int)
	for class := Other; int(class) < classes; class++ {
		rates := o.Rates[class]
		for _, rate := range []Rate{rates.Address, rates.Holder} {
			if rate.PerMinute <= 0 || rate.Burst <= 0 {
				return nil, fmt.Errorf("%w: the rates of %s", errOptions, class)
			}
		}
	}
	t.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "eidgate_throttled_total", Help: "Requests refused because one client sent too many, by their class and by what was counted.",
	}, []string{"class", "by"})
	remembered := func(by string, count func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "eidgate_throttle_clients", Help: "Clients whose requests are counted.", ConstLabels: prometheus.Labels{"by": by},
		}, func() float64 { return float64(count()) })
	}
	for _, c := range []prometheus.Collector{t.refused, remembered("address", t.addresses.count), remembered("holder", t.holders.count)} {
		if err := o.Metrics.Register(c); err != nil {
			return nil, fmt.Errorf("counting refusals: %w", err)
		}
	}
	return t, nil
}

// enter counts a request that is being answered; leave must follow when it may.
func (t *Throttle) enter(class Class, address netip.Prefix) (leave func(), ok bool) {
	if class != Sign && class != Validate {
		return func() {}, true
	}
	if !t.inflight.enter(address, t.options.AtOnce) {
		t.refused.WithLabelValues(class.String(), "at-once").Inc()
		return nil, false
	}
	return func() { t.inflight.leave(address) }, true
}

// take takes a token of a class from the buckets of an address and of a holder,
// nil for none. It gives how long to wait when one is empty, else nothing. Who
// is refused by his address is not charged as a holder.
func (t *Throttle) take(class Class, address netip.Prefix, who *holder) time.Duration {
	if class == Free {
		return 0
	}
	now, rates := t.options.Now(), t.options.Rates[class]
	if wait := t.addresses.take(address, class, rates.Address, now); wait > 0 {
		t.refused.WithLabelValues(class.String(), "address").Inc()
		return wait
	}
	if who == nil {
		return 0
	}
	wait := t.holders.take(*who, class, rates.Holder, now)
	if wait > 0 {
		t.refused.WithLabelValues(class.String(), "holder").Inc()
	}
	return wait
}
