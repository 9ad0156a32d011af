package standingsgrpc

// chunkBytes is the size of a piece of a file.
const chunkBytes = 64 << 10

// chunks cuts one file into messages. Its first error stays.
type chunks struct {
	send   func(chunk []byte) error
	buffer []byte
	sent   bool
	err    error
}

// Write keeps p for the next messages and sends those that are full.
func (c *chunks) Write(p []byte) (int, error) {
	written := 0
	for c.err == nil && written < len(p) {
		n := min(chunkBytes-len(c.buffer), len(p)-written)
		c.buffer = append(c.buffer, p[written:written+n]...)
		written += n
		if len(c.buffer) == chunkBytes {
			c.flush()
		}
	}
	return written, c.err
}

func (c *chunks) flush() {
	c.err = c.send(c.buffer)
	c.sent, c.buffer = true, c.buffer[:0]
}

// end sends what is left; an empty file is one empty message.
func (c *chunks) end() error {
	if c == nil || c.send == nil {
		return nil
	}
	if c.err == nil && (len(c.buffer) > 0 || !c.sent) {
		c.flush()
	}
	return c.err
}

// next ends a file, if there is one, and begins another.
func (c *chunks) next(send func(chunk []byte) error) *chunks {
	return &chunks{err: c.end(), send: send}
}
