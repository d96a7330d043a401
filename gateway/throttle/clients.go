package throttle

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// clients are the buckets of those who asked last.
type clients[K comparable] struct {
	most int

	mu    sync.Mutex // guards the rest
	byKey map[K]*list.Element
	order *list.List // of *client[K], who asked last in front
}

// client is one with a bucket for each class he asked for.
type client[K comparable] struct {
	key     K
	buckets [classes]*rate.Limiter
}

func newClients[K comparable](most int) *clients[K] {
	return &clients[K]{most: most, byKey: make(map[K]*list.Element), order: list.New()}
}

func (c *clients[K]) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byKey)
}

// take takes a token of somebody's bucket, or gives how long until there is one.
func (c *clients[K]) take(key K, class Class, r Rate, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	bucket := c.find(key).bucket(class, r)
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // a refused request costs nothing more
	}
	return wait
}

// find gives a client and makes him the last who asked; with too many the one
// who asked longest ago is forgotten.
func (c *clients[K]) find(key K) *client[K] {
	if e, ok := c.byKey[key]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*client[K]) //nolint:forcetypeassert // nothing else is in the list
	}
	if len(c.byKey) >= c.most {
		oldest := c.order.Back()
		delete(c.byKey, c.order.Remove(oldest).(*client[K]).key) //nolint:forcetypeassert // the same
	}
	found := &client[K]{key: key}
	c.byKey[key] = c.order.PushFront(found)
	return found
}

func (c *client[K]) bucket(class Class, r Rate) *rate.Limiter {
	if c.buckets[class] == nil {
		c.buckets[class] = rate.NewLimiter(rate.Limit(float64(r.PerMinute)/time.Minute.Seconds()), r.Burst)
	}
	return c.buckets[class]
}
