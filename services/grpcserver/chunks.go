package grpcserver

// chunkBytes is the size of a piece of a file.
const chunkBytes = 64 << 10

// Chunks is a writer that cuts a file into messages of at most 64 KiB. Its first error stays.
type Chunks struct {
	send   func(chunk []byte) error
	buffer []byte
	sent   bool
	err    error
}

// NewChunks begins a file; send must not keep what it is given.
func NewChunks(send func(chunk []byte) error) *Chunks { return &Chunks{send: send} }

// Write keeps p for the next messages and sends those that are full.
func (c *Chunks) Write(p []byte) (int, error) {
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

func (c *Chunks) flush() {
	c.err = c.send(c.buffer)
	c.sent, c.buffer = true, c.buffer[:0]
}

// End sends what is left; an empty file is one empty message. Of no file there is nothing to send.
func (c *Chunks) End() error {
	if c == nil {
		return nil
	}
	if c.err == nil && (len(c.buffer) > 0 || !c.sent) {
		c.flush()
	}
	return c.err
}

// Next ends the file, if there is one, and begins another.
func (c *Chunks) Next(send func(chunk []byte) error) *Chunks {
	return &Chunks{err: c.End(), send: send}
}
