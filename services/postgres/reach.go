package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ReachCluster returns the address of a folder's server: of the one that another raceday runs there, else of one that is
// started for as long as leave is not called.
func ReachCluster(ctx context.Context, options ClusterOptions) (url string, leave func(), err error) {
	cluster, err := StartCluster(ctx, options)
	if err == nil {
		return cluster.URL(), func() { _ = cluster.Stop() }, nil // Nothing depends on how it ends.
	}
	if !errors.Is(err, ErrClusterInUse) {
		return "", nil, err
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return "", nil, fmt.Errorf("find the database folder: %w", err)
	}
	running := &Cluster{dir: dir}
	text, err := os.ReadFile(filepath.Join(running.data(), "postmaster.pid"))
	if err != nil {
		return "", nil, fmt.Errorf("find the server of %s: %w", dir, err)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) <= 4 || lines[4] == "" {
		return "", nil, fmt.Errorf("the server of %s is still starting", dir)
	}
	running.socket = lines[4]
	return running.URL(), func() {}, nil
}
