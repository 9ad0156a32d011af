package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"raceday/services/event"
	"raceday/services/rehearsal/sharedcase"
	"raceday/services/rules/race"
)

// Relays with published results, in which each member wears a chip of its own: the times are those of the team's chip,
// offline and from a server.
func TestMemberChipsGiveTheTimesOfTheTeamChip(t *testing.T) {
	t.Parallel()
	s := serve(t, folder(t))
	t.Run("cases", func(t *testing.T) {
		for name, order := range map[string][]string{
			"prefectures-boys-2024": {"reads", "rulings", "roster"},
			"devils-burdens-2020":   {"rulings", "roster", "reads", "reads"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				byTeam, byMembers := rewriteRelay(t, sharedcase.Dir(t, name))
				teamResults, teamLegs := scoreCase(t, byTeam)
				results, legs := scoreCase(t, byMembers)
				if err := differ(withoutChips(t, teamResults), withoutChips(t, results)); err != nil {
					t.Errorf("results.csv: %v", err)
				}
				if err := differ(teamLegs, legs); err != nil {
					t.Errorf("legs.csv: %v", err)
				}
				raceday(t, exitSuccess, "event", "apply", "--server", s.grpc, filepath.Join(byMembers, "event.yaml"))
				for _, fact := range order {
					tell(t, s, name, byMembers, fact)
				}
				legsPath := filepath.Join(t.TempDir(), "legs.csv")
				eventually(t, func() error {
					live, _ := raceday(t, exitSuccess, "results", "export", "--server", s.grpc, "--event", name, "--legs", legsPath)
					return differ(results, []byte(live))
				})
				live, err := os.ReadFile(legsPath)
				if err != nil {
					t.Fatal(err)
				}
				if err := differ(legs, live); err != nil {
					t.Errorf("legs.csv of the server: %v", err)
				}
				if table, _ := raceday(t, exitSuccess, "legs", "--server", s.grpc, "--event", name, "relay", "--top", "0"); strings.Contains(table, " for ") {
					t.Errorf("a member is said to have run another's leg:\n%s", table)
				}
				raceday(t, exitSuccess, "rebuild", "--server", s.grpc, "--event", name)
			})
		}
	})
}

// rewriteRelay writes a case twice with a line of the roster for each member: with the chips of the teams, and with those of
// the members.
func rewriteRelay(t *testing.T, dir string) (byTeam, byMembers string) {
	t.Helper()
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	r := relayOfCase(t, read("event.yaml"))
	teams, members := readCSV(t, read("roster.csv")), [][]string(nil)
	without := make([][]string, len(teams))
	bibOf := map[string]string{}
	for i, team := range teams {
		without[i] = slices.Clone(team)
		if i == 0 {
			continue
		}
		bib, chip := team[1], team[2]
		bibOf[chip], without[i][2] = bib, ""
		for leg := range r.Team.Legs {
			members = append(members, []string{team[0], memberBib(bib, leg), "", "", "", "", "", "", "", "", "", bib, fmt.Sprint(leg + 1), ""})
		}
	}
	withChips := make([][]string, len(members))
	for i, member := range members {
		withChips[i] = slices.Clone(member)
		withChips[i][2] = memberChip(member[1])
	}
	file, err := gzip.NewReader(bytes.NewReader(read("reads.csv.gz")))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	reads := readCSV(t, content)
	byTeam = writeCase(t, read("event.yaml"), slices.Concat(teams, members), reads, read("rulings.csv"))
	definition := bytes.Replace(read("event.yaml"), []byte("chip: TEAM"), []byte("chip: MEMBER"), 1)
	byMembers = writeCase(t, definition, slices.Concat(without, withChips), memberReads(t, r, bibOf, reads), read("rulings.csv"))
	return byTeam, byMembers
}

func memberBib(team string, leg int) string { return fmt.Sprintf("%s-%d", team, leg+1) }
func memberChip(bib string) string          { return "M" + strings.ReplaceAll(bib, "-", "L") }
func relayOfCase(t *testing.T, content []byte) *race.Race {
	t.Helper()
	definition, err := event.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	return &definition.Races[0]
}

// memberReads turns the reads of teams' chips into those of the members who came and went. Whoever comes in is read as the
// team's chip was. Whoever goes out was waiting there, and is read last as it leaves: at the hand-over, or at a forced start
// before it. At one in three hand-overs, where that departure tells it, the mats missed who came in.
func memberReads(t *testing.T, r *race.Race, bibOf map[string]string, reads [][]string) [][]string {
	t.Helper()
	rewritten := [][]string{reads[0]}
	add := func(point, chip string, at time.Time) {
		rewritten = append(rewritten, []string{point, chip, at.Format(time.RFC3339Nano)})
	}
	type handOver struct {
		bib string
		leg int
	}
	first := map[handOver]time.Time{}
	arrivals := map[handOver][]time.Time{}
	for _, read := range reads[1:] {
		at, err := time.Parse(time.RFC3339Nano, read[2])
		if err != nil {
			t.Fatal(err)
		}
		leg := slices.IndexFunc(r.Team.Legs, func(l race.Leg) bool { return string(l.To) == read[0] })
		bib, known := bibOf[read[1]]
		if !known {
			t.Fatalf("nobody wears %s", read[1])
		}
		if leg < 0 {
			add(read[0], memberChip(memberBib(bib, 0)), at)
			continue
		}
		key := handOver{bib, leg}
		if was, seen := first[key]; !seen || at.Before(was) {
			first[key] = at
		}
		arrivals[key] = append(arrivals[key], at)
	}
	missed := 0
	for key, at := range first {
		leg := r.Team.Legs[key.leg]
		leaves := at
		if forced := leg.ForcedStart; forced != 0 && forced.Time().Before(at) {
			leaves = forced.Time()
		}
		if key.leg < len(r.Team.Legs)-1 {
			for _, before := range []time.Duration{20 * time.Second, 10 * time.Second, 0} {
				add(string(leg.To), memberChip(memberBib(key.bib, key.leg+1)), leaves.Add(-before))
			}
			if leaves.Equal(at) && int(key.bib[len(key.bib)-1])%3 == key.leg%3 {
				missed++
				continue
			}
		}
		for _, at := range arrivals[key] {
			add(string(leg.To), memberChip(memberBib(key.bib, key.leg)), at)
		}
	}
	if missed == 0 {
		t.Error("nobody who came in was missed")
	}
	rand.Shuffle(len(rewritten)-1, func(i, j int) { rewritten[i+1], rewritten[j+1] = rewritten[j+1], rewritten[i+1] })
	return rewritten
}

func readCSV(t *testing.T, content []byte) [][]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func writeCSV(t *testing.T, records [][]string) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := csv.NewWriter(&file).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// writeCase writes the files of a case into a folder of its own.
func writeCase(t *testing.T, definition []byte, roster, reads [][]string, rulings []byte) string {
	t.Helper()
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	if _, err := zip.Write(writeCSV(t, reads)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"event.yaml": definition, "roster.csv": writeCSV(t, roster), "reads.csv.gz": zipped.Bytes(), "rulings.csv": rulings,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// withoutChips empties the column of chips, which are the members'.
func withoutChips(t *testing.T, results []byte) []byte {
	t.Helper()
	records := readCSV(t, results)
	chip := slices.Index(records[0], "chip")
	for _, record := range records[1:] {
		record[chip] = ""
	}
	return writeCSV(t, records)
}
