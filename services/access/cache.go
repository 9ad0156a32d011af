package access

import (
	"sync"
	"time"
)

// cache keeps keys for a short while. Only keys that exist are kept, so guesses cannot push out those in use.
type cache struct {
	life time.Duration
	max  int

	mu   sync.Mutex
	keys map[string]cached
}

type cached struct {
	key     Key
	expires time.Time
}

func newCache(life time.Duration, max int) *cache {
	return &cache{life: life, max: max, keys: make(map[string]cached)}
}

func (c *cache) get(id string, now time.Time) (Key, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.keys[id]
	if !ok || !now.Before(entry.expires) {
		return Key{}, false
	}
	return entry.key, true
}

func (c *cache) put(key Key, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.keys) >= c.max {
		c.shrink(now)
	}
	c.keys[key.ID] = cached{key: key, expires: now.Add(c.life)}
}

func (c *cache) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.keys, id)
}

// shrink makes room: it drops what has expired and, if nothing has, everything, which costs one query for each key.
func (c *cache) shrink(now time.Time) {
	for id, entry := range c.keys {
		if !now.Before(entry.expires) {
			delete(c.keys, id)
		}
	}
	if len(c.keys) >= c.max {
		clear(c.keys)
	}
}
