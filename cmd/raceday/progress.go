package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work is: a line that is written over, on a terminal only.
type progress struct {
	w     io.Writer
	shown time.Time
	open  bool
}

// progressEvery is how often the line changes.
const progressEvery = 200 * time.Millisecond

func newProgress(w io.Writer) *progress {
	if !isTerminal(w) {
		w = nil
	}
	return &progress{w: w}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// show writes the line, not more often than is readable.
func (p *progress) show(format string, args ...any) {
	if p.w == nil || time.Since(p.shown) < progressEvery {
		return
	}
	p.shown, p.open = time.Now(), true
	fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
}

// end removes the line.
func (p *progress) end() {
	if p.open {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
