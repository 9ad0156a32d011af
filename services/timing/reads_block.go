package timing

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/gzip"
)

const (
	// blockBytes is how much of a file is unpacked before it is handed over to be parsed, beside which the next is unpacked.
	blockBytes = 1 << 17
	// blocksAhead is how many blocks may wait to be parsed.
	blocksAhead = 4
)

// maxLineBytes bounds a line: without it a file that is none would be held in memory.
const maxLineBytes = 1 << 20

// errLineTooLong is what is wrong with a file that has a longer line.
var errLineTooLong = fmt.Errorf("a line is longer than %d bytes", maxLineBytes)

// block is a run of whole lines.
type block struct {
	text []byte
	err  error
}

// splitter unpacks a file into blocks in a goroutine of its own.
type splitter struct {
	blocks chan block
	// parsed are the blocks that were given back, to be filled again: memory that is new costs more than what is unpacked into it.
	parsed chan []byte
	stop   chan struct{}
	digest hash.Hash
}

// split starts to unpack r; with digest set the unpacked content is hashed as well. The blocks must be read to the end, or
// close be called.
func split(r io.Reader, digest bool) *splitter {
	s := &splitter{blocks: make(chan block, blocksAhead), parsed: make(chan []byte, blocksAhead+1), stop: make(chan struct{})}
	if digest {
		s.digest = sha256.New()
	}
	go s.run(r)
	return s
}

// close ends the unpacking and returns after it has.
func (s *splitter) close() {
	close(s.stop)
	for range s.blocks {
	}
}

// sum names the content; all blocks must have been read.
func (s *splitter) sum() string { return hex.EncodeToString(s.digest.Sum(nil)[:12]) }

func (s *splitter) run(r io.Reader) {
	defer close(s.blocks)
	content, err := unpack(r)
	if err != nil {
		s.send(block{err: err})
		return
	}
	buffer := s.empty()
	held := 0
	for err == nil {
		var n int
		// Not io.ReadFull, which would report the end of a file that was cut short as that of a whole one.
		for held < len(buffer) && err == nil {
			n, err = content.Read(buffer[held:])
			if s.digest != nil {
				s.digest.Write(buffer[held : held+n])
			}
			held += n
		}
		end := bytes.LastIndexByte(buffer[:held], '\n') + 1
		if errors.Is(err, io.EOF) {
			end = held
		}
		switch {
		case end > 0:
			next := s.empty()
			if rest := buffer[end:held]; len(rest) > len(next) {
				next = make([]byte, len(buffer))
			}
			kept := copy(next, buffer[end:held])
			if !s.send(block{text: buffer[:end]}) {
				return
			}
			buffer, held = next, kept
		case err == nil && held >= maxLineBytes:
			err = errLineTooLong
		case held == len(buffer):
			buffer = append(buffer, make([]byte, len(buffer))...)
		}
	}
	if !errors.Is(err, io.EOF) {
		s.send(block{err: err})
	}
}

// unpack takes gzip, recognised by its first bytes, and the byte order mark of spreadsheets off a file.
func unpack(r io.Reader) (io.Reader, error) {
	content := bufio.NewReaderSize(r, 1<<16)
	if magic, _ := content.Peek(2); string(magic) == "\x1f\x8b" {
		unzipped, err := gzip.NewReader(content)
		if err != nil {
			return nil, err
		}
		content = bufio.NewReader(unzipped)
	}
	if mark, _ := content.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = content.Discard(3)
	}
	return content, nil
}

// empty returns a block to fill.
func (s *splitter) empty() []byte {
	select {
	case text := <-s.parsed:
		return text[:cap(text)]
	default:
		return make([]byte, blockBytes)
	}
}

// giveBack takes a block of which nobody holds anything any more.
func (s *splitter) giveBack(b block) {
	select {
	case s.parsed <- b.text:
	default:
	}
}

func (s *splitter) send(b block) bool {
	select {
	case s.blocks <- b:
		return true
	case <-s.stop:
		return false
	}
}
