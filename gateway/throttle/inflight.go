package throttle

import (
	"net/netip"
	"sync"
)

// inflight counts the requests of each address that are being answered. It holds
// those alone, so it is as large as the connections are many.
type inflight struct {
	mu    sync.Mutex // guards count
	count map[netip.Prefix]int
}

// enter counts a request, or says that there are as many as may be.
func (i *inflight) enter(address netip.Prefix, most int) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.count[address] >= most {
		return false
	}
	i.count[address]++
	return true
}

func (i *inflight) leave(address netip.Prefix) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.count[address]--; i.count[address] == 0 {
		delete(i.count, address)
	}
}
