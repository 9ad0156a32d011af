package rehearsal

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/rules/classification"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// board is the head of one list as it was last read.
type board struct {
	race *race.Race
	// list is empty for the race's first list.
	list string

	mu   sync.Mutex
	page *standingsv1.GetStandingsResponse
	// told is the leader that was written last.
	told string
}

// newBoards returns for each race its first list and the age group that most of its field is in.
func (t *teller) newBoards() []*board {
	var boards []*board
	for i := range t.Event.Races {
		r := &t.Event.Races[i]
		boards = append(boards, &board{race: r})
		if list := t.largestAgeGroup(r); list != "" {
			boards = append(boards, &board{race: r, list: list})
		}
	}
	return boards
}

func (t *teller) largestAgeGroup(r *race.Race) string {
	var largest string
	sizes := map[string]int{}
	for i := range r.Classifications {
		c := &r.Classifications[i]
		if len(c.Bands) == 0 {
			continue
		}
		for j := range t.entrants {
			if t.entrants[j].Race != r.ID {
				continue
			}
			list := classification.List(c, r, &t.entrants[j], t.Event.Day)
			if sizes[list]++; list != "" && sizes[list] > sizes[largest] {
				largest = list
			}
		}
	}
	return largest
}

// boardTime is the least time between two readings of a board.
const boardTime = 300 * time.Millisecond

// follow reads a board whenever its list changes, until ctx ends. A list that is not there yet is waited for.
func (t *teller) follow(ctx context.Context, b *board) error {
	version := int64(0)
	for {
		err := t.watch(ctx, b, &version)
		if ctx.Err() != nil {
			return nil
		}
		switch status.Code(err) {
		case codes.NotFound, codes.Unavailable, codes.ResourceExhausted, codes.Aborted:
		default:
			return fmt.Errorf("watch race %s, list %q: %w", b.race.ID, b.list, err)
		}
		if !pause(ctx, longWait) {
			return nil
		}
	}
}

// watch always ends with an error; version is that of the last message, to go on from.
func (t *teller) watch(ctx context.Context, b *board, version *int64) error {
	stream, err := t.standings.WatchStandings(ctx, &standingsv1.WatchStandingsRequest{
		EventId: string(t.Event.ID), Race: string(b.race.ID), List: b.list, Top: 1, ResumeVersion: *version,
	})
	if err != nil {
		return err
	}
	for {
		update, err := stream.Recv()
		if err == io.EOF {
			return status.Error(codes.Unavailable, "the watch ended")
		}
		if err != nil {
			return err
		}
		page, err := t.head(ctx, b.race, b.list, 1)
		if err != nil {
			return err
		}
		*version = update.GetVersion()
		b.mu.Lock()
		b.page = page
		b.mu.Unlock()
		if !pause(ctx, boardTime) {
			return ctx.Err()
		}
	}
}

// head reads the first rows of a list.
func (t *teller) head(ctx context.Context, r *race.Race, list string, rows int32) (*standingsv1.GetStandingsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return t.standings.GetStandings(ctx, &standingsv1.GetStandingsRequest{
		EventId: string(t.Event.ID), Race: string(r.ID), List: list, PageSize: rows,
	})
}

const (
	countTime    = 500 * time.Millisecond
	refreshTime  = 250 * time.Millisecond
	progressTime = 10 * time.Second
)

// show shows the boards until ctx ends: on a terminal as a block, else a line for each new leader and some for the progress.
func (r *run) show(ctx context.Context) {
	refresh, progress := time.NewTicker(refreshTime), time.NewTicker(progressTime)
	defer refresh.Stop()
	defer progress.Stop()
	for {
		select {
		case <-refresh.C:
			if r.Terminal {
				r.print.show(r.block()...)
			} else {
				r.tellLeaders()
			}
		case <-progress.C:
			if !r.Terminal {
				r.print.line("%8s  %s", shownClock(r.clock.now()), r.progress())
			}
		case <-ctx.Done():
			if !r.Terminal {
				r.tellLeaders()
			}
			return
		}
	}
}

// nameWidth keeps the block within 80 columns.
const nameWidth = 20

func (r *run) block() []string {
	head := []string{"", "bib", "leader", "at", "time", "finished", "running"}
	var rows [][]string
	for _, b := range r.boards {
		row := []string{b.title(), "", "", "", "", "", ""}
		if page := b.read(); page != nil {
			if leader := leaderOf(page); leader != nil {
				point, clock := b.lastSeen(leader)
				row[1], row[2], row[3], row[4] = leader.GetBib(), short(leader.GetName(), nameWidth), point, clock
			}
		}
		if b.list == "" {
			finished, running := r.countsOf(b.race)
			row[5], row[6] = count(finished), count(running)
		}
		rows = append(rows, row)
	}
	first := fmt.Sprintf("race clock %s   %s", shownClock(r.clock.now()), r.progress())
	return append([]string{first}, layout(head, rows)...)
}

// tellLeaders writes a line for each list that has another leader, or whose leader has finished.
func (r *run) tellLeaders() {
	for _, b := range r.boards {
		page := b.read()
		if page == nil {
			continue
		}
		leader := leaderOf(page)
		if leader == nil || leader.GetRank() == 0 && leader.GetLastVisit() == 0 {
			continue
		}
		state := "leads"
		if leader.GetRank() > 0 {
			state = "first"
		}
		told := state + leader.GetBib()
		if told == b.told {
			continue
		}
		b.told = told
		point, clock := b.lastSeen(leader)
		r.print.line("%8s  %-19s  %s  %-6s %-5s  %-*s  %s", shownClock(r.clock.now()), b.fullTitle(), state,
			point, leader.GetBib(), nameWidth, short(leader.GetName(), nameWidth), clock)
	}
}

// countAll counts the entrants of all races again and again until ctx ends.
func (r *run) countAll(ctx context.Context) error {
	for {
		err := untilTaken(ctx, func(ctx context.Context) error {
			races, err := r.progressOf(ctx)
			if err == nil {
				r.counts.Store(&races)
			}
			return err
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if !pause(ctx, countTime) {
			return nil
		}
	}
}

// countsOf returns the counts of a race, or of all together for none.
func (r *run) countsOf(of *race.Race) (finished, running int32) {
	races := r.counts.Load()
	if races == nil {
		return 0, 0
	}
	for _, p := range *races {
		if of == nil || p.GetRace() == string(of.ID) {
			finished += p.GetFinished()
			running += p.GetOnCourse()
		}
	}
	return finished, running
}

func (r *run) progress() string {
	finished, running := r.countsOf(nil)
	return fmt.Sprintf("%s of %s reads published, %s running, %s finished",
		count(min(int(r.published.Load()), r.recording.Reads())), count(r.recording.Reads()), count(running), count(finished))
}

func (b *board) read() *standingsv1.GetStandingsResponse {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.page
}

// title names the board below those of its race, fullTitle anywhere.
func (b *board) title() string {
	if b.list == "" {
		return b.race.Name
	}
	return "  " + b.list
}

func (b *board) fullTitle() string {
	if b.list == "" {
		return b.race.Name
	}
	return string(b.race.ID) + " " + b.list
}

func leaderOf(page *standingsv1.GetStandingsResponse) *standingsv1.Standing {
	if len(page.GetRows()) == 0 {
		return nil
	}
	return page.GetRows()[0]
}

// lastSeen returns where a leader was seen last and its time: that of the list at the finish, that from the gun on course.
func (b *board) lastSeen(leader *standingsv1.Standing) (point, clock string) {
	switch {
	case leader.GetRank() > 0:
		return "finish", leader.GetRanked()
	case leader.GetLastVisit() <= 0:
		return "start", ""
	}
	wave := b.race.WaveOf(race.WaveID(leader.GetWave()), race.Bib(leader.GetBib()))
	if wave == nil || wave.Gun == 0 || leader.GetLastAt() == nil {
		return leader.GetLastPoint(), ""
	}
	ran := racetime.At(leader.GetLastAt().AsTime()).Sub(wave.Gun)
	return leader.GetLastPoint(), racetime.Official(ran, b.race.Rounding)
}
