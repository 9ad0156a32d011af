package broker

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

func TestCheckServerSync(t *testing.T) {
	t.Parallel()
	synced := startForeign(t, server.Options{JetStream: true, SyncAlways: true}).monitor
	byDefault := startForeign(t, server.Options{JetStream: true}).monitor
	second := startForeign(t, server.Options{JetStream: true, SyncInterval: time.Second}).monitor
	without := startForeign(t, server.Options{}).monitor
	for _, test := range []struct {
		name, urls string
		want       []string
	}{
		{"always", synced, nil},
		{"always, with a slash", synced + "/", nil},
		{"default", byDefault, []string{byDefault, "sync_interval is 2m0s, must be always"}},
		{"every second", second, []string{second, "sync_interval is 1s, must be always"}},
		{"one of two", synced + "," + byDefault, []string{byDefault}},
		{"two of three, both named", byDefault + ", " + synced + "," + second, []string{byDefault, second}},
		{"without jetstream", without, []string{without, "jetstream is disabled"}},
		{"nobody there", "http://127.0.0.1:1", []string{"http://127.0.0.1:1", "refused"}},
		{"no monitor url", "", []string{"unknown"}},
		{"only commas", " , ", []string{"unknown"}},
	} {
		err := CheckServerSync(t.Context(), test.urls)
		if test.want == nil {
			if err != nil {
				t.Errorf("%s: got %v, want nil", test.name, err)
			}
			continue
		}
		t.Run(test.name, func(t *testing.T) { wantMention(t, err, test.want...) })
	}
	if err := CheckServerSync(t.Context(), ""); !errors.Is(err, ErrSyncUnknown) {
		t.Errorf("got %v without a monitor url, want %v", err, ErrSyncUnknown)
	}
}

func TestCheckServerSyncWantsTheWholeCluster(t *testing.T) {
	t.Parallel()
	answer := func(id string) string {
		monitor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"server_id":"` + id + `","config":{"sync_always":true},"meta_cluster":{"cluster_size":3}}`))
		}))
		t.Cleanup(monitor.Close)
		return monitor.URL
	}
	a, b, c := answer("A"), answer("B"), answer("C")
	if err := CheckServerSync(t.Context(), a+","+b+","+c); err != nil {
		t.Errorf("got %v for all three servers, want nil", err)
	}
	wantMention(t, CheckServerSync(t.Context(), a+","+b), "1 of the 3")
	wantMention(t, CheckServerSync(t.Context(), a+","+a+","+a), "2 of the 3")
}

func TestCheckServerSyncOnAnotherProgram(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	t.Cleanup(other.Close)
	wantMention(t, CheckServerSync(t.Context(), other.URL), "not that of a nats monitor port")
}
