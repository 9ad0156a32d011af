package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	eventv1 "raceday/proto/raceday/event/v1"
	registrationv1 "raceday/proto/raceday/registration/v1"
	standingsv1 "raceday/proto/raceday/standings/v1"
	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

// Story is a race day told through the public interfaces: entries, guns, reads, standings, results.
type Story struct {
	// Conn leads to all services, with the rights of an official.
	Conn grpc.ClientConnInterface
	// EventFile is the event file to apply, and Event what it says.
	EventFile []byte
	Event     *race.Event
	// Publish sends what a mat has read and returns when it is safe. It is called by one goroutine for each mat, and with
	// the batches of one mat in order.
	Publish func(ctx context.Context, batch *timingv1.ReadBatch) error
	// Score scores facts offline and returns results.csv and legs.csv.
	Score func(ctx context.Context, facts Facts) (results, legs []byte, err error)

	Out io.Writer
	// Terminal means that Out shows what is written over.
	Terminal bool

	Persons, Teams int
	// Speed is how many seconds of the race pass in one; 0 or less takes the whole race in about a minute.
	Speed float64
	Seed  uint64
}

// Facts are the files that results follow from.
type Facts struct {
	Event, Roster []byte
	// Reads are compressed with gzip.
	Reads   []byte
	Rulings []byte
}

// ErrDifferent is returned by Run where the exported results are not those of the offline scorer.
var ErrDifferent = errors.New("the exported results differ from the offline scorer's")

// usualLength is how long the race takes where no speed is given.
const usualLength = time.Minute

// Run tells the story and returns when the results are compared. It ends early with ctx's error, with that of a call, and
// where something that must be refused is not.
func Run(ctx context.Context, s Story) error {
	t := &teller{
		Story: s, print: printer{out: s.Out, terminal: s.Terminal},
		events:       eventv1.NewEventServiceClient(s.Conn),
		registration: registrationv1.NewRegistrationServiceClient(s.Conn),
		timing:       timingv1.NewTimingServiceClient(s.Conn),
		standings:    standingsv1.NewStandingsServiceClient(s.Conn),
	}
	for _, chapter := range []func(context.Context) error{
		t.applyEvent, t.register, t.tryRefusals, t.giveNumbers, t.race, t.close, t.showFinal, t.compare,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return t.print.err
}

// teller tells one story.
type teller struct {
	Story
	print printer

	events       eventv1.EventServiceClient
	registration registrationv1.RegistrationServiceClient
	timing       timingv1.TimingServiceClient
	standings    standingsv1.StandingsServiceClient

	field Field
	// references are those of the entries, persons before teams.
	references []string
	entrants   []race.Entrant
	recording  *Recording
}

func (t *teller) applyEvent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	applied, err := t.events.ApplyEvent(ctx, &eventv1.ApplyEventRequest{Source: &eventv1.ApplyEventRequest_File{File: t.EventFile}})
	if err != nil {
		return fmt.Errorf("apply event: %w", err)
	}
	t.print.line("%s, %s: version %d applied, %d races, %d mats.",
		t.Event.Name, t.Event.Day, applied.GetVersion(), len(t.Event.Races), len(t.Event.Mats))
	return nil
}

const (
	// callTime bounds one call, and patience how long a call that the services cannot take yet is made again.
	callTime  = 20 * time.Second
	patience  = time.Minute
	firstWait = 20 * time.Millisecond
	longWait  = time.Second
)

// untilTaken makes a call again while the services say that it may be: they are busy or not there yet. Such a call must be
// one that can be repeated.
func untilTaken(ctx context.Context, call func(context.Context) error) error {
	giveUp := time.Now().Add(patience)
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		once, cancel := context.WithTimeout(ctx, callTime)
		err := call(once)
		cancel()
		switch status.Code(err) {
		case codes.Unavailable, codes.ResourceExhausted, codes.Aborted:
		default:
			return err
		}
		if time.Now().After(giveUp) {
			return err
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
	}
}

// pause waits, and reports false if ctx ended before the time was over.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}
