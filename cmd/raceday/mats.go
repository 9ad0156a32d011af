package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/grpc"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/race"
)

type matsCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	Watch bool   `help:"Go on with what changes, until interrupted."`
}

// Run shows how the mats do.
func (c *matsCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		definition, err := getEvent(ctx, conn, c.Event)
		if err != nil {
			return err
		}
		timing := timingv1.NewTimingServiceClient(conn)
		if !c.Watch {
			listed, err := timing.ListMats(ctx, &timingv1.ListMatsRequest{EventId: c.Event})
			if err != nil {
				return err
			}
			return printMats(t.stdout, definition, listed.GetMats())
		}
		stream, err := timing.WatchMats(ctx, &timingv1.WatchMatsRequest{EventId: c.Event})
		if err != nil {
			return err
		}
		if !isTerminal(t.stdout) {
			fmt.Fprintln(t.stdout, "all mats come first, later blocks hold only those that changed")
		}
		var shown []*timingv1.MatState
		err = receive(stream, func(update *timingv1.WatchMatsResponse) error {
			if !isTerminal(t.stdout) {
				return printMats(t.stdout, definition, update.GetMats())
			}
			shown = updateMats(shown, update.GetMats())
			fmt.Fprintf(t.stdout, "\x1b[H\x1b[2J%s, %s\n", c.Event, time.Now().Format(time.TimeOnly))
			return printMats(t.stdout, definition, shown)
		})
		if ctx.Err() != nil { // interrupted
			return nil
		}
		return err
	})
}

// updateMats applies what changed to the mats that are shown, and keeps their order.
func updateMats(shown, changed []*timingv1.MatState) []*timingv1.MatState {
	for _, mat := range changed {
		i := slices.IndexFunc(shown, func(s *timingv1.MatState) bool { return s.GetMat() == mat.GetMat() })
		if i < 0 {
			shown = append(shown, mat)
		} else {
			shown[i] = mat
		}
	}
	return shown
}

// printMats writes a line a mat, those first that the timing chief should look at.
func printMats(w io.Writer, definition *race.Event, mats []*timingv1.MatState) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MAT\tPOINT\tREADS\t/MIN\tCHIPS\tLAST READ\tLAG\tCLOCK\tTROUBLE")
	mats = slices.Clone(mats)
	slices.SortStableFunc(mats, func(a, b *timingv1.MatState) int { return cmp.Compare(urgency(a), urgency(b)) })
	for _, m := range mats {
		point := cmp.Or(m.GetPoint(), "-")
		if m.GetBackup() {
			point += ", backup"
		}
		last, lag, clockOff := "never", "", ""
		if m.GetLastReadAt() != nil {
			last, lag = clock(m.GetLastReadAt(), definition), tenths(m.GetLag().AsDuration())
		}
		if m.GetClockDifference() != nil {
			clockOff = clockOf(m)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", m.GetMat(), point, m.GetReads(), m.GetReadsPerMinute(),
			m.GetChips(), last, lag, clockOff, strings.Join(troubles(m), ", "))
	}
	return table.Flush()
}

// clockOf says how far the clock of a mat is from the others', where that is more than by how much they differ anyway.
func clockOf(m *timingv1.MatState) string {
	off, spread := m.GetClockDifference().AsDuration(), m.GetClockSpread().AsDuration()
	if off.Abs() <= spread {
		return "ok"
	}
	return signed(off) + " ±" + tenths(spread)
}

// urgency orders mats: the silent before others with a trouble before those without.
func urgency(m *timingv1.MatState) int {
	switch {
	case m.GetSilent():
		return 0
	case len(troubles(m)) > 0:
		return 1
	}
	return 2
}

// clockTolerated is how far a clock may differ before it is a trouble: mats of one point lie some metres apart.
const clockTolerated = 5 * time.Second

// troubles says in words what is wrong with a mat.
func troubles(m *timingv1.MatState) []string {
	var words []string
	add := func(n int64, text string) {
		if n > 0 {
			words = append(words, fmt.Sprintf(text, n))
		}
	}
	if m.GetSilent() {
		var seen []string
		if n := m.GetMissedSince(); n > 0 {
			seen = append(seen, fmt.Sprintf("others saw %d whom it did not", n))
		}
		if n := m.GetOverdue(); n > 0 {
			seen = append(seen, fmt.Sprintf("%d seen before it are overdue", n))
		}
		words = append(words, "SILENT: "+strings.Join(seen, " and "))
	}
	if m.GetPoint() == "" {
		words = append(words, "the event does not name it")
	}
	if off := m.GetClockDifference().AsDuration(); off.Abs() > clockTolerated {
		words = append(words, "clock "+signed(off)+" from the others")
	}
	var missing int64
	for _, boot := range m.GetBoots() {
		missing += boot.GetMissing()
	}
	add(missing, "reads that never came: %d")
	add(m.GetConflicts(), "numbers used twice: %d")
	add(m.GetRejected(), "rejected: %d")
	add(int64(max(0, len(m.GetBoots())-1)), "restarts: %d")
	return words
}

// tenths writes a duration in seconds with one decimal, or in days and hours where it is long.
func tenths(d time.Duration) string {
	if d.Abs() > longestInHours {
		return days(d)
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}

// signed is tenths with a sign even where it is plus.
func signed(d time.Duration) string {
	if d < 0 {
		return tenths(d)
	}
	return "+" + tenths(d)
}
