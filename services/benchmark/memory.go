package benchmark

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/race"
)

// MemoryBench measures what the process of a server holds in memory that took in a race from its first read to its last,
// while somebody watches every race: all services, the boards, and NATS inside. Its Postgres is told of apart. The floor is
// the bytes of the same reads, in the messages in which mats sent them. It runs on Linux.
type MemoryBench struct {
	// Start runs a server in a process of its own.
	Start    Start
	Formats  Formats
	Entrants int
	// Reads is about how many are taken in.
	Reads int
	Show  Show
}

const memoryEvent = race.EventID("bench-memory")

// MemoryFigures are what a MemoryBench finds. A megabyte is 1 000 000 bytes.
type MemoryFigures struct {
	Reads    int `json:"reads"`
	Entrants int `json:"entrants"`
	// ResidentMegabytes are held when everything is derived, and PeakMegabytes were at the most until then.
	ResidentMegabytes float64 `json:"resident_megabytes"`
	PeakMegabytes     float64 `json:"peak_megabytes"`
	// PostgresMegabytes are those of the server's Postgres, what its processes share counted once.
	PostgresMegabytes float64 `json:"postgres_megabytes"`
	ReadMegabytes     float64 `json:"read_megabytes"`
	// TimesFloor is ResidentMegabytes by ReadMegabytes: less is better.
	TimesFloor float64 `json:"times_floor"`
}

// String shows the figures on one line.
func (f MemoryFigures) String() string {
	return fmt.Sprintf("memory: %d reads of %d entrants: %.0f MB resident, at the peak %.0f MB, Postgres apart with %.0f MB; floor, "+
		"the bytes of the reads, %.0f MB: %.1f ×", f.Reads, f.Entrants, f.ResidentMegabytes, f.PeakMegabytes, f.PostgresMegabytes,
		f.ReadMegabytes, f.TimesFloor)
}

// Reaches returns what is to be met.
func (f MemoryFigures) Reaches() []Reach {
	return []Reach{atMost("megabytes resident", f.ResidentMegabytes, 700)}
}

// Run measures.
func (b *MemoryBench) Run(ctx context.Context) (figures MemoryFigures, err error) {
	err = b.Start(ctx, func(ctx context.Context, s Server) error {
		figures, err = b.measure(ctx, &s)
		return err
	})
	return figures, err
}

func (b *MemoryBench) measure(ctx context.Context, s *Server) (MemoryFigures, error) {
	b.Show("making up %d reads", b.Reads)
	d, err := newStoredDay(b.Formats, memoryEvent, b.Entrants, b.Reads)
	if err != nil {
		return MemoryFigures{}, err
	}
	if err := s.open(ctx, d, b.Formats); err != nil {
		return MemoryFigures{}, err
	}
	b.Show("storing %d reads", d.recording.Reads())
	var held processMemory
	err = s.watched(ctx, d, func(ctx context.Context) error {
		if err := s.publishDay(ctx, d); err != nil {
			return err
		}
		held, err = memoryOf(s.PID)
		return err
	})
	if err != nil {
		return MemoryFigures{}, err
	}
	figures := MemoryFigures{
		Reads: d.recording.Reads(), Entrants: len(d.roster), ResidentMegabytes: megabytes(held.resident),
		PeakMegabytes: megabytes(held.peak), PostgresMegabytes: megabytes(held.children),
	}
	for delivery := range d.recording.Deliveries() {
		figures.ReadMegabytes += megabytes(proto.Size(delivery.Batch))
	}
	figures.TimesFloor = figures.ResidentMegabytes / figures.ReadMegabytes
	return figures, nil
}

// watched works while somebody watches the top of each race.
func (s *Server) watched(ctx context.Context, d *day, work func(context.Context) error) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	group, watching := errgroup.WithContext(watching)
	for i := range d.event.Races {
		stream, err := standingsv1.NewStandingsServiceClient(s.Conn).WatchStandings(watching, &standingsv1.WatchStandingsRequest{
			EventId: string(d.event.ID), Race: string(d.event.Races[i].ID), Top: watchersTop,
		})
		if err != nil {
			return fmt.Errorf("watch race %s: %w", d.event.Races[i].ID, err)
		}
		group.Go(func() error {
			for {
				if _, err := stream.Recv(); watching.Err() != nil {
					return nil
				} else if err != nil {
					return fmt.Errorf("watch race %s: %w", d.event.Races[i].ID, err)
				}
			}
		})
	}
	group.Go(func() error {
		defer stop()
		return work(watching)
	})
	return group.Wait()
}

func megabytes(bytes int) float64 { return float64(bytes) / 1e6 }
