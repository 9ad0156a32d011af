package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ErrSyncUnknown is returned where nobody said how to ask a server for its sync setting. The default of NATS, two
// minutes, loses whole streams of acknowledged messages at a power cut, so not knowing is as bad as a wrong answer.
var ErrSyncUnknown = errors.New("sync setting of the nats server is unknown: no monitor url is given")

// maxMonitorBytes bounds the answer of a monitor port.
const maxMonitorBytes = 1 << 20

// monitorAnswer is the part of NATS's /jsz?config=1 that matters.
type monitorAnswer struct {
	ServerID string `json:"server_id"`
	Disabled bool   `json:"disabled"`
	Config   struct {
		SyncAlways   bool          `json:"sync_always"`
		SyncInterval time.Duration `json:"sync_interval"`
	} `json:"config"`
	Meta *struct {
		Size int `json:"cluster_size"`
	} `json:"meta_cluster"`
}

// CheckServerSync asks the monitor port of every server in monitorURLs (comma-separated, like http://127.0.0.1:8222)
// and returns nil if each syncs every message before it acknowledges it. All servers are asked before it returns; the
// joined error holds a *SettingsError for each server that is set otherwise, the cause for each that does not answer,
// and one for servers of their cluster that were not listed. Without any URL it is ErrSyncUnknown.
func CheckServerSync(ctx context.Context, monitorURLs string) error {
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	var faults []error
	servers := map[string]bool{}
	clusterSize := 0
	for text := range strings.SplitSeq(monitorURLs, ",") {
		monitor := strings.TrimRight(strings.TrimSpace(text), "/")
		if monitor == "" {
			continue
		}
		answer, err := askMonitor(ctx, client, monitor)
		if err != nil {
			faults = append(faults, fmt.Errorf("read sync setting at %s: %w", Redact(monitor), err))
			continue
		}
		servers[answer.ServerID] = true
		if answer.Meta != nil {
			clusterSize = max(clusterSize, answer.Meta.Size)
		}
		if !answer.Config.SyncAlways {
			faults = append(faults, &SettingsError{
				Of:    "nats server at " + Redact(monitor),
				Wrong: []WrongSetting{{Name: "sync_interval", Want: "always", Got: answer.Config.SyncInterval.String()}},
			})
		}
	}
	switch {
	case len(faults) == 0 && len(servers) == 0:
		return ErrSyncUnknown
	case len(faults) == 0 && len(servers) < clusterSize:
		return fmt.Errorf("sync setting of %d of the %d nats servers of the cluster is unknown: their monitor urls are not given",
			clusterSize-len(servers), clusterSize)
	}
	return errors.Join(faults...)
}

func askMonitor(ctx context.Context, client *http.Client, monitor string) (monitorAnswer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, monitor+"/jsz?config=1", nil)
	if err != nil {
		return monitorAnswer{}, err
	}
	response, err := client.Do(request)
	if err != nil {
		return monitorAnswer{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return monitorAnswer{}, fmt.Errorf("server answers %s", response.Status)
	}
	var answer monitorAnswer
	if err := json.NewDecoder(io.LimitReader(response.Body, maxMonitorBytes)).Decode(&answer); err != nil {
		return monitorAnswer{}, fmt.Errorf("decode answer: %w", err)
	}
	switch {
	case answer.ServerID == "":
		return monitorAnswer{}, errors.New("answer is not that of a nats monitor port")
	case answer.Disabled:
		return monitorAnswer{}, errors.New("jetstream is disabled")
	}
	return answer, nil
}
