package timing

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReadsWriter writes reads.csv as facts are exported: with everything that is known of a read. The order is the caller's.
type ReadsWriter struct {
	w    *bufio.Writer
	line []byte
}

// NewReadsWriter writes the header; the caller must Flush at the end.
func NewReadsWriter(w io.Writer) *ReadsWriter {
	t := &ReadsWriter{w: bufio.NewWriterSize(w, 1<<16)}
	t.line = append(t.line, "mat,boot,seq,chip,at,rssi,antenna\n"...)
	_, _ = t.w.Write(t.line) // An error comes back from Flush.
	return t
}

// Write adds a line.
func (t *ReadsWriter) Write(read Read) error {
	line := appendField(t.line[:0], string(read.Mat))
	line = append(line, ',')
	line = appendField(line, read.Boot)
	line = append(line, ',')
	line = strconv.AppendUint(line, read.Seq, 10)
	line = append(line, ',')
	line = append(line, read.Chip...)
	line = append(line, ',')
	line = read.At.Append(line)
	line = append(line, ',')
	if read.HasRSSI {
		line = strconv.AppendInt(line, int64(read.RSSIDBm), 10)
	}
	line = append(line, ',')
	if read.HasAntenna {
		line = strconv.AppendInt(line, int64(read.Antenna), 10)
	}
	t.line = append(line, '\n')
	if _, err := t.w.Write(t.line); err != nil {
		return fmt.Errorf("write reads: %w", err)
	}
	return nil
}

// Flush hands on what was written.
func (t *ReadsWriter) Flush() error {
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("write reads: %w", err)
	}
	return nil
}

// appendField quotes a text where CSV needs it.
func appendField(line []byte, text string) []byte {
	if !strings.ContainsAny(text, `,"`) {
		return append(line, text...)
	}
	line = append(line, '"')
	line = append(line, strings.ReplaceAll(text, `"`, `""`)...)
	return append(line, '"')
}
