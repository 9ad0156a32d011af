package standings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxRenders is how many files may be made at one time: a workbook of a large field takes a hundred megabytes and more while it
// is made. Others wait.
const maxRenders = 2

// rendered lets render make files, when it is its turn, and then writes them to where begin says. Who takes its time to receive
// a file keeps nobody from making another: it waits on disk, where it has no name and goes with the process.
func (s *Service) rendered(ctx context.Context, begin Begin, render func(Begin) error) error {
	files, err := s.render(ctx, render)
	defer func() {
		for _, f := range files {
			_ = f.Close() // It was read to its end, or the call has failed already.
		}
	}()
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read what was made: %w", err)
		}
		if _, err := io.Copy(begin(f.name, f.version), f.File); err != nil {
			return fmt.Errorf("write a file: %w", err)
		}
	}
	return nil
}

// spooled is a file that was made.
type spooled struct {
	*os.File
	name    string
	version int64
}

func (s *Service) render(ctx context.Context, render func(Begin) error) ([]spooled, error) {
	select {
	case s.rendering <- struct{}{}:
		defer func() { <-s.rendering }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var files []spooled
	var failed error
	err := render(func(name string, version int64) io.Writer {
		f, err := newSpool()
		if err != nil {
			failed = errors.Join(failed, err)
			return io.Discard
		}
		files = append(files, spooled{f, name, version})
		return f
	})
	return files, errors.Join(err, failed)
}

// newSpool returns a file without a name.
func newSpool() (*os.File, error) {
	f, err := os.CreateTemp("", "raceday-export-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
