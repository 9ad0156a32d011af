package benchmark

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// ScoreFloor is the floor of a ScoreBench: it unpacks a file of reads, divides its lines and parses its instants, in one
// goroutine, as anybody would write it down. It returns the number of reads.
func ScoreFloor(path string) (reads int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return 0, fmt.Errorf("unzip %s: %w", path, err)
	}
	lines := csv.NewReader(unzipped)
	header, err := lines.Read()
	if err != nil {
		return 0, fmt.Errorf("read the header of %s: %w", path, err)
	}
	at := slices.Index(header, "at")
	if at < 0 {
		return 0, fmt.Errorf("%s has no column at", path)
	}
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return reads, nil
		}
		if err != nil {
			return reads, fmt.Errorf("read %s: %w", path, err)
		}
		if _, err := time.Parse(time.RFC3339Nano, line[at]); err != nil {
			return reads, fmt.Errorf("read %s: %w", path, err)
		}
		reads++
	}
}
