package grpcserver

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func TestChunksCutAFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		size int
		want []int
	}{
		{"empty", 0, []int{0}},
		{"a byte", 1, []int{1}},
		{"just one piece", chunkBytes, []int{chunkBytes}},
		{"a byte more", chunkBytes + 1, []int{chunkBytes, 1}},
		{"pieces", 3 * chunkBytes, []int{chunkBytes, chunkBytes, chunkBytes}},
	} {
		var got []int
		var sent bytes.Buffer
		file := NewChunks(func(chunk []byte) error {
			got = append(got, len(chunk))
			sent.Write(chunk)
			return nil
		})
		content := bytes.Repeat([]byte("7 "), chunkBytes*2)[:tt.size]
		for part := range slices.Chunk(content, 1000) {
			if _, err := file.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := file.End(); err != nil || !slices.Equal(got, tt.want) || !bytes.Equal(sent.Bytes(), content) {
			t.Errorf("%s: got pieces of %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestChunksKeepTheirFirstError(t *testing.T) {
	t.Parallel()
	gone, sends := errors.New("the caller is gone"), 0
	file := NewChunks(func([]byte) error {
		sends++
		return gone
	})
	for range 3 {
		if _, err := file.Write(make([]byte, chunkBytes)); !errors.Is(err, gone) {
			t.Errorf("Write = %v, want %v", err, gone)
		}
	}
	file = file.Next(func([]byte) error { return nil })
	if err := file.End(); !errors.Is(err, gone) || sends != 1 {
		t.Errorf("the next file ends with %v after %d sends, want %v after 1", err, sends, gone)
	}
}
