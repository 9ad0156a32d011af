package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// MaxMessageBytes is the largest message, headers included, that a stream takes.
const MaxMessageBytes = 64 << 10

// Stream is what differs between two streams; everything else is set alike for all of them.
type Stream struct {
	// Name has no spaces, dots, stars, angle brackets or slashes.
	Name string
	// Subjects are what the stream stores; wildcards are allowed.
	Subjects []string
	// Replicas is the number of servers that store each message: 3 in a cluster, 1 on a single server.
	Replicas int
}

// EnsureStream returns the stream, and makes it if it does not exist. The settings are read back from the server; if
// any differs from what keeps acknowledged messages for ever, the stream is left as it is and returned together with a
// *SettingsError that lists every wrong setting, so that only a caller who was told to go on does. The returned
// stream's CachedInfo is fresh: its Created is what tells this stream from one of the same name made later.
func EnsureStream(ctx context.Context, js jetstream.JetStream, want Stream) (jetstream.Stream, error) {
	config := want.config()
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, config)
		// Another process made it in between, with other settings: those are judged below.
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			stream, err = js.Stream(ctx, want.Name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ensure stream %s: %w", want.Name, err)
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("read settings of stream %s: %w", want.Name, err)
	}
	if wrong := wrongSettings(config, info.Config); len(wrong) > 0 {
		return stream, &SettingsError{Of: "stream " + want.Name, Wrong: wrong}
	}
	return stream, nil
}

// duplicatesWindow is the shortest that a server takes: within it, a message with the id of another is acknowledged and not
// stored, whoever sent the other.
const duplicatesWindow = 100 * time.Millisecond

func (s Stream) config() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              s.Name,
		Subjects:          s.Subjects,
		Storage:           jetstream.FileStorage,
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardNew,
		MaxMsgSize:        MaxMessageBytes,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgsPerSubject: -1,
		Replicas:          s.Replicas,
		Compression:       jetstream.NoCompression,
		PersistMode:       jetstream.DefaultPersistMode,
		DenyDelete:        true,
		DenyPurge:         true,
		Duplicates:        duplicatesWindow,
	}
}

// wrongSettings compares every setting by which a stream could lose, replace, add or hide a message. Those that
// cannot (where it is placed, its description, direct reads) are the operator's own.
func wrongSettings(want, got jetstream.StreamConfig) []WrongSetting {
	var wrong []WrongSetting
	for _, setting := range []WrongSetting{
		{"subjects", subjects(want.Subjects), subjects(got.Subjects)},
		{"storage", lower(want.Storage), lower(got.Storage)},
		{"retention", lower(want.Retention), lower(got.Retention)},
		{"discard", lower(want.Discard), lower(got.Discard)},
		{"discard_new_per_subject", flag(want.DiscardNewPerSubject), flag(got.DiscardNewPerSubject)},
		{"max_msg_size", strconv.Itoa(int(want.MaxMsgSize)), strconv.Itoa(int(got.MaxMsgSize))},
		{"max_msgs", limit(want.MaxMsgs), limit(got.MaxMsgs)},
		{"max_bytes", limit(want.MaxBytes), limit(got.MaxBytes)},
		{"max_msgs_per_subject", limit(want.MaxMsgsPerSubject), limit(got.MaxMsgsPerSubject)},
		{"max_age", age(want.MaxAge), age(got.MaxAge)},
		{"duplicate_window", want.Duplicates.String(), got.Duplicates.String()},
		{"num_replicas", strconv.Itoa(want.Replicas), strconv.Itoa(got.Replicas)},
		{"persist_mode", lower(want.PersistMode), lower(got.PersistMode)},
		{"compression", lower(want.Compression), lower(got.Compression)},
		{"no_ack", flag(want.NoAck), flag(got.NoAck)},
		{"sealed", flag(want.Sealed), flag(got.Sealed)},
		{"deny_delete", flag(want.DenyDelete), flag(got.DenyDelete)},
		{"deny_purge", flag(want.DenyPurge), flag(got.DenyPurge)},
		{"allow_rollup_hdrs", flag(want.AllowRollup), flag(got.AllowRollup)},
		{"allow_msg_ttl", flag(want.AllowMsgTTL), flag(got.AllowMsgTTL)},
		{"subject_delete_marker_ttl", age(want.SubjectDeleteMarkerTTL), age(got.SubjectDeleteMarkerTTL)},
		{"allow_msg_schedules", flag(want.AllowMsgSchedules), flag(got.AllowMsgSchedules)},
		{"allow_msg_counter", flag(want.AllowMsgCounter), flag(got.AllowMsgCounter)},
		{"allow_atomic", flag(want.AllowAtomicPublish), flag(got.AllowAtomicPublish)},
		{"allow_batched", flag(want.AllowBatchPublish), flag(got.AllowBatchPublish)},
		{"first_seq", first(want.FirstSeq), first(got.FirstSeq)},
		{"mirror", flag(want.Mirror != nil), flag(got.Mirror != nil)},
		{"sources", strconv.Itoa(len(want.Sources)), strconv.Itoa(len(got.Sources))},
		{"republish", flag(want.RePublish != nil), flag(got.RePublish != nil)},
		{"subject_transform", flag(want.SubjectTransform != nil), flag(got.SubjectTransform != nil)},
	} {
		if setting.Want != setting.Got {
			wrong = append(wrong, setting)
		}
	}
	return wrong
}

func subjects(list []string) string {
	return strings.Join(slices.Sorted(slices.Values(list)), " ")
}

func lower(value interface{ String() string }) string {
	return strings.ToLower(value.String())
}

func flag(set bool) string {
	return strconv.FormatBool(set)
}

// limit writes a server's "no limit", which is 0 or any negative number, in one way.
func limit(n int64) string {
	if n <= 0 {
		return "unlimited"
	}
	return strconv.FormatInt(n, 10)
}

func age(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return d.String()
}

// first writes the two numbers by which a stream may say that it starts at its beginning in one way.
func first(seq uint64) string {
	return strconv.FormatUint(max(seq, 1), 10)
}
