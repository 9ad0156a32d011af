package main

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"raceday/services/rehearsal/sharedcase"
)

// table is a CSV file by race, bib and leg, and its columns by name.
type table struct {
	columns []string
	lines   map[string]map[string]string
}

func readTable(t *testing.T, path string) table {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	read := table{records[0], map[string]map[string]string{}}
	for _, record := range records[1:] {
		line := map[string]string{}
		for i, column := range read.columns {
			line[column] = record[i]
		}
		read.lines[line["race"]+" "+line["bib"]+" "+line["leg"]] = line
	}
	return read
}

// compareTables compares the expected columns; an empty expected cell was not published, except that of a rank.
func compareTables(t *testing.T, want, got table) (compared int) {
	t.Helper()
	differences := 0
	for key, expected := range want.lines {
		line, ok := got.lines[key]
		if !ok {
			t.Errorf("%s: no line", key)
			continue
		}
		for _, column := range want.columns {
			switch {
			case column == "net_about":
				net, err := strconv.Atoi(line["net_ms"])
				about, _ := strconv.Atoi(expected[column])
				compared++
				if err == nil && math.Abs(float64(net)/1000-float64(about)) <= 2 {
					continue
				}
			case expected[column] == "" && !strings.HasPrefix(column, "rank"):
				continue
			default:
				compared++
				if line[column] == expected[column] {
					continue
				}
			}
			if differences++; differences <= 20 {
				t.Errorf("%s: %s = %q, want %q", key, column, line[column], expected[column])
			}
		}
	}
	if differences > 0 {
		t.Errorf("%d differences in %d cells", differences, compared)
	}
	return compared
}

// scoreCase runs raceday score on the files of a folder and returns the bytes that it wrote.
func scoreCase(t *testing.T, dir string) (results, legs []byte) {
	t.Helper()
	out := t.TempDir()
	paths := []string{filepath.Join(out, "results.csv"), filepath.Join(out, "legs.csv")}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"score",
		"--event", filepath.Join(dir, "event.yaml"), "--roster", filepath.Join(dir, "roster.csv"),
		"--reads", filepath.Join(dir, "reads.csv.gz"), "--rulings", filepath.Join(dir, "rulings.csv"),
		"--results", paths[0], "--legs", paths[1]}, func(string) string { return "" }, &stdout, &stderr)
	if status != exitSuccess || stdout.Len()+stderr.Len() > 0 {
		t.Fatalf("score ended with status %d and printed %q, %q", status, stdout.String(), stderr.String())
	}
	var files [2][]byte
	for i, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = content
	}
	return files[0], files[1]
}

func compareFile(t *testing.T, published string, computed []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "computed.csv")
	if err := os.WriteFile(path, computed, 0o600); err != nil {
		t.Fatal(err)
	}
	compared := compareTables(t, readTable(t, published), readTable(t, path))
	if compared == 0 {
		t.Errorf("nothing was compared with %s", published)
	}
	t.Logf("%d cells compared with %s", compared, filepath.Base(published))
}

func TestScoreReproducesPublishedResults(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"boston-2001", "boston-2013", "chicago-2023-a", "berlin-2016", "devils-burdens-2020", "prefectures-boys-2024",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := sharedcase.Dir(t, name)
			results, legs := scoreCase(t, dir)
			compareFile(t, filepath.Join(dir, "expected.csv"), results)
			if _, err := os.Stat(filepath.Join(dir, "legs.csv")); err == nil {
				compareFile(t, filepath.Join(dir, "legs.csv"), legs)
			}
		})
	}
}

func TestScoringDoesNotWriteOverWhatItReads(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, name := range []string{"event.yaml", "roster.csv", "reads.csv", "rulings.csv"} {
		files[name] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(files[name], []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(files["roster.csv"], link); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "out.csv")
	for _, outputs := range [][]string{
		{"--results", files["roster.csv"]}, {"--results", link}, {"--results", other, "--legs", files["rulings.csv"]},
		{"--results", other, "--digests", files["reads.csv"]}, {"--results", files["event.yaml"]},
	} {
		arguments := append([]string{"score", "--event", files["event.yaml"], "--roster", files["roster.csv"], "--reads", files["reads.csv"],
			"--rulings", files["rulings.csv"]}, outputs...)
		raceday(t, exitUsage, arguments...)
	}
	for name, path := range files {
		if content, err := os.ReadFile(path); err != nil || string(content) != name {
			t.Errorf("%s is %q now, %v", name, content, err)
		}
	}
}
