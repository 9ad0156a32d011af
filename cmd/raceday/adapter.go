package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"raceday/services/broker"
	"raceday/services/event/eventpg"
	"raceday/services/fault"
	"raceday/services/postgres"
	"raceday/services/registration"
	"raceday/services/registration/registrationpg"
	"raceday/services/rules/explanation"
	"raceday/services/rules/oncourse"
	"raceday/services/rules/race"
	"raceday/services/rules/result"
	"raceday/services/rules/ruling"
	"raceday/services/scoring"
	"raceday/services/standings"
	"raceday/services/standings/standingspg"
	"raceday/services/timing"
	"raceday/services/timing/timingnats"
	"raceday/services/timing/timingpg"
)

// The types of this file hand one service what another keeps, so that no service knows another.

// scorerFacts are event, roster and rulings for the scorer.
type scorerFacts struct {
	events *eventpg.Store
	roster *registrationpg.Store
	timing *timingpg.Store
}

func (f scorerFacts) Change(ctx context.Context, event race.EventID) (int64, error) {
	return f.events.CurrentChange(ctx, event)
}

func (f scorerFacts) EventAt(ctx context.Context, event race.EventID, change int64) (*race.Event, error) {
	return f.events.EventAt(ctx, event, change)
}

func (f scorerFacts) RosterSince(ctx context.Context, event race.EventID, change int64) ([]race.Entrant, error) {
	return f.roster.RosterSince(ctx, event, change)
}

func (f scorerFacts) RulingsSince(ctx context.Context, event race.EventID, change int64) ([]ruling.Ruling, error) {
	return f.timing.RulingsSince(ctx, event, change)
}

// scorerReads are stored reads and positions for the scorer.
type scorerReads struct{ store *timingpg.Store }

func (r scorerReads) Position(ctx context.Context, event race.EventID) (scoring.Position, bool, error) {
	position, ok, err := r.store.Position(ctx, event)
	return scoring.Position(position), ok, err
}

func (r scorerReads) CreatePosition(ctx context.Context, event race.EventID, streamCreated time.Time) (scoring.Position, error) {
	position, err := r.store.CreatePosition(ctx, event, streamCreated)
	return scoring.Position(position), err
}

func (r scorerReads) EachRead(ctx context.Context, event race.EventID, each func(*scoring.Numbered)) (scoring.Memory, error) {
	var read scoring.Numbered
	return r.store.EachRead(ctx, event, func(s *timingpg.Sighting) {
		read.Mat, read.Chip, read.At = s.Mat, s.Chip, s.At
		read.MatNumber, read.ChipNumber = s.MatNumber, s.ChipNumber
		each(&read)
	})
}

// appender appends the reads of a commit in the scorer's transaction.
type appender struct{ store *timingpg.Store }

func (a appender) Append(ctx context.Context, tx pgx.Tx, c scoring.Commit) error {
	var batch *timing.Batch
	if c.Batch != nil {
		batch = c.Batch.Raw.(*timing.Batch)
	}
	memory, _ := c.Memory.(*timingpg.Memory)
	err := a.store.Append(ctx, tx, memory, batch, timing.Position(c.From), timing.Position(c.To))
	if errors.Is(err, timing.ErrFenced) {
		return scoring.ErrFenced
	}
	return err
}

// scorerStream is the stream of reads for the scorer. A stream that was lost is made anew.
type scorerStream struct {
	streams streams
	source  *timingnats.Source
}

func (s scorerStream) Info(ctx context.Context, event race.EventID) (created time.Time, last uint64, err error) {
	if err := s.streams.Ensure(ctx, event); err != nil {
		return time.Time{}, 0, err
	}
	return s.streams.nats.StreamInfo(ctx, event)
}

func (s scorerStream) Run(
	ctx context.Context, event race.EventID, created time.Time, from uint64, batches chan<- scoring.Batch,
) error {
	taken := make(chan *timing.Batch)
	done := make(chan error, 1)
	go func() {
		done <- s.source.Run(ctx, event, created, from, taken)
		close(taken)
	}()
	for raw := range taken {
		batch := scoring.Batch{Reads: make([]scoring.Read, len(raw.Reads)), Last: raw.Last, Raw: raw}
		for i := range raw.Reads {
			batch.Reads[i] = scoring.Read{Mat: raw.Reads[i].Mat, Chip: raw.Reads[i].Chip, At: raw.Reads[i].At}
		}
		select {
		case batches <- batch:
		case <-ctx.Done():
		}
	}
	return <-done
}

// scorerResults reads what is derived as the standings do.
type scorerResults struct{ standings *standingspg.Store }

func (s scorerResults) Results(ctx context.Context, event race.EventID) ([]result.Result, error) {
	_, _, results, err := s.standings.Load(ctx, event)
	return results, err
}

// versions tells the standings how far the scorer is.
type versions struct{ store *timingpg.Store }

func (v versions) Applied(ctx context.Context, tx pgx.Tx, event race.EventID) (version, change int64, err error) {
	return v.store.Applied(ctx, tx, event)
}

// course tells who closes a race who is still out.
type course struct{ boards *standings.Boards }

func (c course) OnCourse(ctx context.Context, event race.EventID, raceID race.ID) (entrants []oncourse.Entrant, err error) {
	err = c.boards.Use(ctx, event, func(b *standings.Board) error {
		entrants, _, err = b.OnCourse(raceID)
		return err
	})
	return entrants, err
}

// explainer gathers the facts that a result follows from, as of one moment, and has the scorer's code explain it.
type explainer struct {
	pool   *pgxpool.Pool
	events *eventpg.Store
	roster *registrationpg.Store
	timing *timingpg.Store
}

func (e explainer) Explain(
	ctx context.Context, event race.EventID, bib race.Bib,
) (explained *explanation.Explanation, err error) {
	err = postgres.InSnapshot(ctx, e.pool, func(ctx context.Context, tx pgx.Tx) error {
		explained, err = e.explain(postgres.Join(ctx, e.pool, tx), event, bib)
		return err
	})
	return explained, err
}

func (e explainer) explain(ctx context.Context, event race.EventID, bib race.Bib) (*explanation.Explanation, error) {
	var facts scoring.Explained
	var err error
	if facts.Event, err = e.events.Event(ctx, event); err != nil {
		return nil, err
	}
	var found bool
	if facts.Entrant, found, err = e.roster.LineOf(ctx, event, bib); err != nil {
		return nil, err
	}
	if !found {
		return nil, timing.ErrEntrantNotFound
	}
	rulings, err := e.timing.ListRulings(ctx, event, timing.RulingFilter{}, 0, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	for _, r := range rulings {
		facts.Rulings = append(facts.Rulings, explanation.RecordedRuling(r))
	}
	if facts.Reads, err = e.reads(ctx, event, facts.Entrant.AllChips()); err != nil {
		return nil, err
	}
	explained, ok := scoring.Explain(facts)
	if !ok {
		return nil, timing.ErrEntrantNotFound
	}
	return explained, nil
}

func (e explainer) reads(ctx context.Context, event race.EventID, chips []race.Chip) ([]explanation.Read, error) {
	stored, err := e.timing.ReadsOfChips(ctx, event, chips)
	reads := make([]explanation.Read, len(stored))
	for i, r := range stored {
		reads[i] = explanation.Read{StoredRead: explanation.StoredRead(r.Read), Conflict: r.Conflict}
	}
	return reads, err
}

func (e explainer) ExplainChip(
	ctx context.Context, event race.EventID, chip race.Chip,
) (explained explanation.OfChip, err error) {
	err = postgres.InSnapshot(ctx, e.pool, func(ctx context.Context, tx pgx.Tx) error {
		explained, err = e.explainChip(postgres.Join(ctx, e.pool, tx), event, chip)
		return err
	})
	return explained, err
}

func (e explainer) explainChip(ctx context.Context, event race.EventID, chip race.Chip) (explanation.OfChip, error) {
	wearers, err := e.roster.Wearers(ctx, event, []race.Chip{chip})
	if err != nil {
		return explanation.OfChip{}, err
	}
	definition, err := e.events.Event(ctx, event)
	if err != nil {
		return explanation.OfChip{}, err
	}
	if len(wearers) == 0 {
		reads, err := e.reads(ctx, event, []race.Chip{chip})
		return explanation.OfChip{Reads: scoring.ExplainUnknown(definition, reads)}, err
	}
	of := explanation.OfChip{Race: wearers[0].Race, Bib: wearers[0].Bib}
	if definition.Race(of.Race) == nil {
		reads, err := e.reads(ctx, event, []race.Chip{chip})
		of.Reads = scoring.ExplainWithoutRace(definition, reads)
		return of, err
	}
	explained, err := e.explain(ctx, event, of.Bib)
	if err != nil {
		return explanation.OfChip{}, err
	}
	for _, read := range explained.Reads {
		if read.Chip == chip {
			of.Reads = append(of.Reads, read)
		}
	}
	return of, nil
}

// ranks tells who explains a result how the entrant is ranked.
type ranks struct{ boards *standings.Boards }

func (r ranks) Ranks(ctx context.Context, event race.EventID, bib race.Bib) (timing.Ranks, error) {
	var entrant standings.EntrantResult
	err := r.boards.Use(ctx, event, func(b *standings.Board) (err error) {
		entrant, err = b.Entrant(bib)
		return err
	})
	if errors.Is(err, standings.ErrEntrantNotFound) {
		return timing.Ranks{}, nil
	}
	if err != nil {
		return timing.Ranks{}, err
	}
	ranked := timing.Ranks{Version: entrant.Version}
	for _, rank := range entrant.Ranks {
		ranked.Lists = append(ranked.Lists, timing.ListRank(rank))
	}
	for _, leg := range entrant.Legs {
		ranked.Legs = append(ranked.Legs, timing.LegRank{Rank: leg.Rank, After: leg.RankAfter})
	}
	return ranked, nil
}

// conflicts are reads that mats gave one identity, and what that is judged by, for the standings.
type conflicts struct {
	timing *timingpg.Store
	roster *registrationpg.Store
}

func (c conflicts) Conflicts(ctx context.Context, event race.EventID) ([]standings.ReadConflict, error) {
	reads, err := c.timing.Conflicts(ctx, event)
	var found []standings.ReadConflict
	for _, read := range reads {
		last := len(found) - 1
		if last < 0 || found[last].Mat != read.Mat || found[last].Boot != read.Boot || found[last].Seq != read.Seq {
			found, last = append(found, standings.ReadConflict{Mat: read.Mat, Boot: read.Boot, Seq: read.Seq}), last+1
		}
		found[last].Reads = append(found[last].Reads, standings.ConflictingRead{Chip: read.Chip, At: read.At})
	}
	return found, err
}

func (c conflicts) Wearers(
	ctx context.Context, event race.EventID, chips []race.Chip,
) (map[race.Chip]standings.Wearer, error) {
	worn, err := c.roster.Wearers(ctx, event, chips)
	wearers := make(map[race.Chip]standings.Wearer, len(worn))
	for _, w := range worn {
		wearers[w.Chip] = standings.Wearer{Race: w.Race, Bib: w.Bib}
	}
	return wearers, err
}

func (c conflicts) Rulings(ctx context.Context, event race.EventID) ([]ruling.Ruling, error) {
	return c.timing.RulingsSince(ctx, event, 0)
}

// matField tells who watches the mats which chips run which race.
type matField struct{ roster *registrationpg.Store }

func (f matField) ChipRaces(ctx context.Context, event race.EventID) (map[race.Chip]race.ID, error) {
	entrants, err := f.roster.RosterSince(ctx, event, 0)
	if err != nil {
		return nil, err
	}
	races := make(map[race.Chip]race.ID, len(entrants))
	for i := range entrants {
		for _, worn := range entrants[i].AllChips() {
			races[worn] = entrants[i].Race
		}
	}
	return races, nil
}

// matStream is the stream of reads for who watches the mats. A stream that was lost is made anew.
type matStream struct {
	streams streams
	source  *timingnats.Source
}

func (s matStream) Info(ctx context.Context, event race.EventID) (created time.Time, last uint64, err error) {
	return scorerStream(s).Info(ctx, event)
}

func (s matStream) Run(
	ctx context.Context, event race.EventID, created time.Time, from uint64, batches chan<- *timing.Batch,
) error {
	return s.source.Run(ctx, event, created, from, batches)
}

// streams makes the stream of an event, and refuses one that is not set as it must be unless told to go on.
type streams struct {
	nats   *timingnats.Streams
	unsafe bool
}

func (s streams) Ensure(ctx context.Context, event race.EventID) error {
	err := s.nats.EnsureStream(ctx, event)
	if _, wrong := errors.AsType[*broker.SettingsError](err); wrong && s.unsafe {
		return nil
	}
	return err
}

// rebuilder recomputes an event for the standings' caller.
type rebuilder struct{ scorer *scoring.Scorer }

func (r rebuilder) Rebuild(
	ctx context.Context, event race.EventID, each func(standings.Difference) error,
) (standings.RebuildSummary, error) {
	summary, err := r.scorer.Rebuild(ctx, event, func(d scoring.Difference) error { return each(standings.Difference(d)) })
	return standings.RebuildSummary(summary), err
}

// facts writes the facts of an event as of one moment, whichever service keeps them.
type facts struct {
	pool   *pgxpool.Pool
	events *eventpg.Store
	timing *timingpg.Store
	// exporting bounds how many connections slow callers can keep to themselves.
	exporting chan struct{}
}

// maxExports is how many callers may export facts at one time.
const maxExports = 4

var errExportsBusy = fault.New(fault.Exhausted, "EXPORTS_BUSY", "too many exports of facts at once; try again in a moment")

func (f facts) Files(
	ctx context.Context, event race.EventID, at standings.FactsAt, file func(name string) io.Writer,
) error {
	return f.each(ctx, event, at, func(name string, write func(io.Writer) error) error {
		if strings.HasSuffix(name, ".gz") {
			return zipped(file(name), write)
		}
		return write(file(name))
	})
}

// Digest is over each file's name, length and content, unzipped.
func (f facts) Digest(ctx context.Context, event race.EventID, at standings.FactsAt) (standings.Digest, error) {
	sum := sha256.New()
	err := f.each(ctx, event, at, func(name string, write func(io.Writer) error) error {
		of := sha256.New()
		err := write(of)
		fmt.Fprintf(sum, "%s %x\n", strings.TrimSuffix(name, ".gz"), of.Sum(nil))
		return err
	})
	return standings.Digest(sum.Sum(nil)), err
}

// each calls file with every file of the facts and with what writes it, now where at is the zero FactsAt.
func (f facts) each(
	ctx context.Context, event race.EventID, at standings.FactsAt,
	file func(name string, write func(io.Writer) error) error,
) error {
	if at == (standings.FactsAt{}) {
		at = standings.FactsAt{Version: math.MaxInt64, Change: math.MaxInt64}
	}
	definition, err := f.events.EventAt(ctx, event, at.Change)
	if err != nil {
		return err
	}
	select {
	case f.exporting <- struct{}{}:
		defer func() { <-f.exporting }()
	default:
		return errExportsBusy
	}
	return postgres.InSnapshot(ctx, f.pool, func(ctx context.Context, tx pgx.Tx) error {
		for _, part := range []struct {
			name  string
			write func(w io.Writer) error
		}{
			{"event.yaml", func(w io.Writer) error {
				content, err := f.events.FileAt(ctx, tx, event, at.Change)
				if err == nil {
					_, err = w.Write(content)
				}
				return err
			}},
			{"roster.csv", func(w io.Writer) error {
				roster, err := registrationpg.RosterAtChange(ctx, tx, event, at.Change)
				if err != nil {
					return err
				}
				return registration.WriteRoster(w, definition, roster)
			}},
			{"reads.csv.gz", func(w io.Writer) error { return f.timing.WriteReadsAt(ctx, tx, event, at.Version, w) }},
			{"rulings.csv", func(w io.Writer) error {
				rulings, err := f.timing.RulingsAt(ctx, tx, event, at.Change)
				if err != nil {
					return err
				}
				return timing.WriteRulings(w, rulings)
			}},
		} {
			if err := file(part.name, part.write); err != nil {
				return fmt.Errorf("write %s: %w", part.name, err)
			}
		}
		return nil
	})
}

// rosterLines tells who records rulings whom bibs lead to.
type rosterLines struct{ roster *registrationpg.Store }

func (l rosterLines) Lines(ctx context.Context, event race.EventID, bibs []race.Bib) (map[race.Bib]timing.RosterLine, error) {
	found, err := l.roster.LinesOfBibs(ctx, event, bibs)
	byBib := make(map[race.Bib]timing.RosterLine, len(found))
	for _, line := range found {
		byBib[line.Asked] = timing.RosterLine{Race: line.Race, Bib: line.Bib, Wave: line.Wave, Chips: line.Chips}
	}
	return byBib, err
}
