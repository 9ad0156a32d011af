package broker

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
)

func TestEnsureStreamMakesItAsItMustBe(t *testing.T) {
	t.Parallel()
	_, js := connect(t, start(t, t.TempDir(), true).URL())
	want := Stream{Name: "reads_almaty", Subjects: []string{"reads.almaty.*"}, Replicas: 1}
	made, err := EnsureStream(t.Context(), js, want)
	if err != nil {
		t.Fatal(err)
	}
	got := made.CachedInfo()
	if got.Created.IsZero() {
		t.Error("got no instant of creation")
	}
	// Written out by hand, beside EnsureStream's own comparison: that one cannot see its own mistakes.
	type settings struct {
		Storage, Retention, Discard, PersistMode string
		DenyDelete, DenyPurge                    bool
		MaxMsgSize                               int32
		MaxMsgs, MaxBytes, MaxMsgsPerSubject     int64
		MaxAge                                   time.Duration
		Replicas                                 int
	}
	config := got.Config
	diff := cmp.Diff(settings{
		Storage: "File", Retention: "Limits", Discard: "DiscardNew", PersistMode: "Default",
		DenyDelete: true, DenyPurge: true,
		MaxMsgSize: 65536, MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1, Replicas: 1,
	}, settings{
		Storage: config.Storage.String(), Retention: config.Retention.String(), Discard: config.Discard.String(), PersistMode: config.PersistMode.String(),
		DenyDelete: config.DenyDelete, DenyPurge: config.DenyPurge,
		MaxMsgSize: config.MaxMsgSize, MaxMsgs: config.MaxMsgs, MaxBytes: config.MaxBytes, MaxMsgsPerSubject: config.MaxMsgsPerSubject,
		MaxAge: config.MaxAge, Replicas: config.Replicas,
	})
	if diff != "" {
		t.Errorf("settings of the new stream (-want +got):\n%s", diff)
	}
	again, err := EnsureStream(t.Context(), js, want)
	if err != nil {
		t.Fatal(err)
	}
	if !again.CachedInfo().Created.Equal(got.Created) {
		t.Error("the second call made another stream")
	}
}

func TestEnsureStreamByManyAtOnce(t *testing.T) {
	t.Parallel()
	_, js := connect(t, start(t, t.TempDir(), true).URL())
	errs := make([]error, 8)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			_, errs[i] = EnsureStream(t.Context(), js, Stream{Name: "one", Subjects: []string{"one"}, Replicas: 1})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func TestEnsureStreamRefusesEveryWrongSetting(t *testing.T) {
	t.Parallel()
	_, js := connect(t, start(t, t.TempDir(), true).URL())
	if _, err := EnsureStream(t.Context(), js, Stream{Name: "other", Subjects: []string{"other"}, Replicas: 1}); err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		name  string
		spoil func(*jetstream.StreamConfig)
		wrong []string
	}{
		{"one subject more", func(c *jetstream.StreamConfig) { c.Subjects = append(c.Subjects, "more") }, []string{"subjects"}},
		{"in memory", func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }, []string{"storage"}},
		{"interest", func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy }, []string{"retention"}},
		{"work queue", func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy }, []string{"retention"}},
		{"discard old", func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld }, []string{"discard"}},
		{"larger messages", func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1 << 20 }, []string{"max_msg_size"}},
		{"messages of any size", func(c *jetstream.StreamConfig) { c.MaxMsgSize = 0 }, []string{"max_msg_size"}},
		{"limit of messages", func(c *jetstream.StreamConfig) { c.MaxMsgs = 1000 }, []string{"max_msgs"}},
		{"limit of bytes", func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 20 }, []string{"max_bytes"}},
		{"only the last of a subject", func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 }, []string{"max_msgs_per_subject"}},
		{
			"discard new per subject",
			func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject, c.DiscardNewPerSubject = 1, true },
			[]string{"discard_new_per_subject", "max_msgs_per_subject"},
		},
		{"duplicate window", func(c *jetstream.StreamConfig) { c.Duplicates = 2 * time.Minute }, []string{"duplicate_window"}},
		{"max age", func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }, []string{"max_age"}},
		{"asynchronous persistence", func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode }, []string{"persist_mode"}},
		{"compressed", func(c *jetstream.StreamConfig) { c.Compression = jetstream.S2Compression }, []string{"compression"}},
		{"no acknowledgement", func(c *jetstream.StreamConfig) { c.NoAck = true }, []string{"no_ack"}},
		{"messages can be deleted", func(c *jetstream.StreamConfig) { c.DenyDelete = false }, []string{"deny_delete"}},
		{"stream can be purged", func(c *jetstream.StreamConfig) { c.DenyPurge = false }, []string{"deny_purge"}},
		// The server takes a roll-up only where purging is allowed.
		{"roll-up", func(c *jetstream.StreamConfig) { c.AllowRollup, c.DenyPurge = true, false }, []string{"deny_purge", "allow_rollup_hdrs"}},
		{"messages with a time to live", func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true }, []string{"allow_msg_ttl"}},
		{
			"delete markers",
			func(c *jetstream.StreamConfig) {
				c.AllowMsgTTL, c.AllowRollup, c.DenyPurge, c.SubjectDeleteMarkerTTL = true, true, false, time.Minute
			},
			[]string{"deny_purge", "allow_rollup_hdrs", "allow_msg_ttl", "subject_delete_marker_ttl"},
		},
		{
			"schedules",
			func(c *jetstream.StreamConfig) {
				c.AllowMsgSchedules, c.AllowRollup, c.DenyPurge, c.Discard = true, true, false, jetstream.DiscardOld
			},
			[]string{"discard", "deny_purge", "allow_rollup_hdrs", "allow_msg_schedules"},
		},
		{"counters", func(c *jetstream.StreamConfig) { c.AllowMsgCounter, c.Discard = true, jetstream.DiscardOld }, []string{"discard", "allow_msg_counter"}},
		{"atomic batches", func(c *jetstream.StreamConfig) { c.AllowAtomicPublish = true }, []string{"allow_atomic"}},
		{"fast batches", func(c *jetstream.StreamConfig) { c.AllowBatchPublish = true }, []string{"allow_batched"}},
		{"late first sequence", func(c *jetstream.StreamConfig) { c.FirstSeq = 100 }, []string{"first_seq"}},
		{
			"mirror",
			func(c *jetstream.StreamConfig) { c.Subjects, c.Mirror = nil, &jetstream.StreamSource{Name: "other"} },
			[]string{"subjects", "mirror"},
		},
		{"sources", func(c *jetstream.StreamConfig) { c.Sources = []*jetstream.StreamSource{{Name: "other"}} }, []string{"sources"}},
		{
			"republish",
			func(c *jetstream.StreamConfig) {
				c.RePublish = &jetstream.RePublish{Source: c.Subjects[0], Destination: "copy." + c.Name}
			},
			[]string{"republish"},
		},
		{
			"subject transform",
			func(c *jetstream.StreamConfig) {
				c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: c.Subjects[0], Destination: "turned." + c.Name}
			},
			[]string{"subject_transform"},
		},
	} {
		name := fmt.Sprintf("s%d", i)
		want := Stream{Name: name, Subjects: []string{name}, Replicas: 1}
		config := want.config()
		test.spoil(&config)
		before, err := js.CreateStream(t.Context(), config)
		if err != nil {
			t.Errorf("%s: make the stream: %v", test.name, err)
			continue
		}
		stream, err := EnsureStream(t.Context(), js, want)
		var wrong *SettingsError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: got error %v, want a SettingsError", test.name, err)
			continue
		}
		var names []string
		for _, setting := range wrong.Wrong {
			names = append(names, setting.Name)
			wantMention(t, err, name, setting.Name, setting.Want, setting.Got)
		}
		if diff := cmp.Diff(test.wrong, names); diff != "" {
			t.Errorf("%s: wrong settings (-want +got):\n%s", test.name, diff)
		}
		if stream == nil {
			t.Errorf("%s: got no stream beside the error", test.name)
			continue
		}
		if diff := cmp.Diff(before.CachedInfo().Config, stream.CachedInfo().Config); diff != "" {
			t.Errorf("%s: the stream was changed:\n%s", test.name, diff)
		}
	}
}

func TestEnsureStreamRefusesTooFewReplicas(t *testing.T) {
	t.Parallel()
	_, js := connect(t, start(t, t.TempDir(), true).URL())
	if _, err := EnsureStream(t.Context(), js, Stream{Name: "few", Subjects: []string{"few"}, Replicas: 1}); err != nil {
		t.Fatal(err)
	}
	_, err := EnsureStream(t.Context(), js, Stream{Name: "few", Subjects: []string{"few"}, Replicas: 3})
	wantMention(t, err, "num_replicas is 1, must be 3")
}
