package scoringnats_test

import (
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"raceday/services/broker"
	"raceday/services/notice"
	"raceday/services/rules/anomaly"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/scoring"
	"raceday/services/scoring/scoringnats"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Boards show no anomalies: a commit of nothing else still leads them to its version.
func TestNoticesTellNoAnomalies(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	server, err := broker.StartEmbedded(broker.EmbeddedOptions{Dir: t.TempDir(), Host: "127.0.0.1", Unsynced: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	conn, err := broker.Connect(t.Context(), server.URL(), broker.ConnectOptions{Name: t.Name(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	closed := conn.StatusChanged(nats.CLOSED)
	t.Cleanup(func() {
		conn.Close()
		<-closed
	})
	heard, err := conn.SubscribeSync(notice.Subject("day"))
	if err != nil {
		t.Fatal(err)
	}

	before := result.Result{Entrant: 7, Race: "run", Bib: "7", Sex: race.Female, Status: result.Started}
	looked, finished := before, before
	looked.Anomalies = []anomaly.Anomaly{{Kind: anomaly.FalseStart, FromVisit: anomaly.Nowhere}}
	finished.Status, finished.Anomalies = result.Finished, looked.Anomalies
	told := finished
	told.Anomalies = nil
	notices := scoringnats.New(conn, log)
	for i, c := range []struct {
		name   string
		change scoring.Change
		want   []result.Result
	}{
		{"an anomaly alone", scoring.Change{Was: &before, Now: looked}, nil},
		{"an anomaly and a finish", scoring.Change{Was: &before, Now: finished}, []result.Result{told}},
		{"an entrant that is new", scoring.Change{Now: finished}, []result.Result{told}},
	} {
		version := int64(i + 4)
		notices.Publish(scoring.Commit{
			From: scoring.Position{Event: "day", Version: version}, To: scoring.Position{Event: "day", Version: version + 1},
			Changes: scoring.Changes{Results: []scoring.Change{c.change}},
		}, false)
		message, err := heard.NextMsgWithContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, whole, err := (&notice.Parts{}).Add(message.Data)
		if err != nil || !whole {
			t.Fatalf("%s: whole %t, %v", c.name, whole, err)
		}
		want := notice.Notice{Event: "day", VersionBefore: version, VersionAfter: version + 1, Changed: c.want}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}
