package timing

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

// Encode returns the message with which a mat publishes reads: at most MaxReads, all of one mat and boot.
func Encode(event race.EventID, reads []Read) ([]byte, error) {
	if len(reads) == 0 || len(reads) > MaxReads {
		return nil, fmt.Errorf("encode reads: %d in one message, want 1 to %d", len(reads), MaxReads)
	}
	first := reads[0]
	if !ValidMat(first.Mat) {
		return nil, fmt.Errorf("encode reads: %q is no mat", first.Mat)
	}
	message := &timingv1.ReadBatch{
		Event: string(event), Mat: string(first.Mat), Boot: first.Boot, FirstSeq: first.Seq,
		Reads: make([]*timingv1.Read, len(reads)),
	}
	for i, read := range reads {
		if read.Mat != first.Mat || read.Boot != first.Boot {
			return nil, fmt.Errorf("encode reads: mats or boots %s/%s and %s/%s in one message", first.Mat, first.Boot, read.Mat, read.Boot)
		}
		wire := &timingv1.Read{Chip: string(read.Chip), At: timestamppb.New(read.At.Time())}
		if read.Seq != first.Seq+uint64(i) {
			wire.Seq = &read.Seq
		}
		if read.HasRSSI {
			wire.Rssi = &read.RSSIDBm
		}
		if read.HasAntenna {
			wire.Antenna = &read.Antenna
		}
		message.Reads[i] = wire
	}
	data, err := proto.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode reads: %w", err)
	}
	return data, nil
}
