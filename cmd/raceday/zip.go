package main

import (
	"compress/gzip"
	"io"
)

// zipped writes a gzip file whose content write writes.
func zipped(w io.Writer, write func(io.Writer) error) error {
	zip := gzip.NewWriter(w)
	if err := write(zip); err != nil {
		return err
	}
	return zip.Close()
}
