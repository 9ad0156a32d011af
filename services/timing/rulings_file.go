package timing

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"raceday/services/csvtable"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/ruling"
)

// rulingColumns returns the columns of rulings.csv in their order.
func rulingColumns() []string {
	return []string{"id", "race", "bib", "ruling", "target", "point", "at", "duration", "rule", "reason", "by", "decided_at"}
}

// RulingLine is a good line of a rulings.csv.
type RulingLine struct {
	// Number counts the lines, the header being 1.
	Number int
	ruling.Ruling
}

// ParseRulingLines reads a rulings.csv in the order of the file. A line without an id gets one from its content and its
// count among equal lines, so that a file applied twice changes nothing. All lines that mean nothing on any event come back
// as csvtable.Faults; whether the others fit one, and what they revoke exists, is not asked.
func ParseRulingLines(file string, r io.Reader) ([]RulingLine, error) {
	parsed, err := parseRulings(file, r)
	if err != nil {
		return nil, err
	}
	if err := parsed.table.Err(); err != nil {
		return nil, err
	}
	return parsed.lines, nil
}

// ParseRulings reads the whole rulings.csv of an event as ParseRulingLines does; a revocation of what is on no line of it
// is a bad line too. What names something that the event does not have is among the rulings nevertheless, as it is on a
// server where the event changed after the ruling, and is told in misfits.
func ParseRulings(
	file string, r io.Reader, event *race.Event,
) (rulings []ruling.Ruling, misfits csvtable.Faults, err error) {
	parsed, err := parseRulings(file, r)
	if err != nil {
		return nil, nil, err
	}
	for _, line := range parsed.lines {
		rulings = append(rulings, line.Ruling)
		if _, ok := parsed.lineOf[ruling.ID(line.Target)]; line.Kind == ruling.Revoke && !ok {
			parsed.table.BadLine(line.Number, "target", "no line of the file has this id")
		}
		for _, problem := range ruling.Misfits(line.Ruling, event) {
			misfits = append(misfits, csvtable.Fault{
				File: file, Line: line.Number, Column: RulingColumn(problem.Field), Reason: problem.Message,
			})
		}
	}
	if err := parsed.table.Err(); err != nil {
		return nil, nil, err
	}
	return rulings, misfits, nil
}

// RulingColumn returns the column of rulings.csv that holds a field of the contract's Ruling.
func RulingColumn(field string) string {
	if field == "kind" {
		return "ruling"
	}
	return field
}

// parsedRulings are the good lines of a table, and the line of every id, also on a bad one.
type parsedRulings struct {
	table  *csvtable.Reader
	lines  []RulingLine
	lineOf map[ruling.ID]int
}

func parseRulings(file string, r io.Reader) (parsedRulings, error) {
	table, err := csvtable.NewReader(file, r, csvtable.Columns{
		Required: []string{"race", "ruling"},
		Optional: []string{"id", "bib", "target", "point", "at", "duration", "rule", "reason", "by", "decided_at"},
	})
	if err != nil {
		return parsedRulings{}, err
	}
	columns := rulingColumns()
	index := make([]int, len(columns))
	for i, name := range columns {
		index[i] = table.Column(name)
	}
	read := parsedRulings{table: table, lineOf: map[ruling.ID]int{}}
	equal := map[string]int{}
	for table.Next() {
		fields := make([]string, len(columns))
		for i := range columns {
			fields[i] = table.Field(index[i])
		}
		if fields[0] == "" {
			content := strings.Join(fields, "\x1f")
			equal[content]++
			fields[0] = lineID(content, equal[content])
		}
		id := ruling.ID(fields[0])
		if line, ok := read.lineOf[id]; ok {
			table.Bad("id", fmt.Sprintf("stands on line %d already", line))
			continue
		}
		read.lineOf[id] = table.Line()
		if parsed, ok := parseRuling(table, fields); ok {
			read.lines = append(read.lines, RulingLine{table.Line(), parsed})
		}
	}
	return read, nil
}

// lineID names the nth of lines with equal content.
func lineID(content string, nth int) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:10]) + "-" + strconv.Itoa(nth)
}

// parseRuling takes the fields in the order of rulingColumns; it is false after a fault.
func parseRuling(table *csvtable.Reader, fields []string) (ruling.Ruling, bool) {
	parsed := ruling.Ruling{
		ID: ruling.ID(fields[0]), Race: race.ID(fields[1]), Bib: race.Bib(fields[2]), Kind: ruling.Kind(fields[3]),
		Target: fields[4], Point: fields[5], Rule: fields[8], Reason: fields[9], By: fields[10],
	}
	ok := true
	bad := func(column string, err error) { table.Bad(column, err.Error()); ok = false }
	var err error
	if parsed.At, err = optionalInstant(fields[6]); err != nil {
		bad("at", err)
	}
	if parsed.Duration, err = parseDuration(fields[7]); err != nil {
		bad("duration", err)
	}
	if parsed.DecidedAt, err = optionalInstant(fields[11]); err != nil {
		bad("decided_at", err)
	}
	if !ok {
		return parsed, false
	}
	for _, problem := range ruling.Check(parsed) {
		table.Bad(RulingColumn(problem.Field), problem.Message)
		ok = false
	}
	return parsed, ok
}

func optionalInstant(text string) (racetime.Instant, error) {
	if text == "" {
		return 0, nil
	}
	return racetime.ParseInstant(text)
}

var errDuration = errors.New("not a duration of whole microseconds such as 1800s, 30m or 0.5s")

func parseDuration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 0 || duration%time.Microsecond != 0 {
		return 0, errDuration
	}
	return duration, nil
}

// WriteRulings writes rulings.csv so that ParseRulings gives the same again.
func WriteRulings(w io.Writer, rulings []ruling.Ruling) error {
	table := csv.NewWriter(w)
	// An error of Write comes back from Error.
	_ = table.Write(rulingColumns())
	for _, r := range rulings {
		_ = table.Write([]string{
			string(r.ID), string(r.Race), string(r.Bib), string(r.Kind), r.Target, r.Point, writeInstant(r.At),
			writeDuration(r.Duration), r.Rule, r.Reason, r.By, writeInstant(r.DecidedAt),
		})
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return fmt.Errorf("write rulings: %w", err)
	}
	return nil
}

func writeInstant(at racetime.Instant) string {
	if at == 0 {
		return ""
	}
	return at.String()
}

// writeDuration writes seconds, as the format's own examples do.
func writeDuration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	text := strconv.FormatInt(int64(d/time.Second), 10)
	if micros := d % time.Second / time.Microsecond; micros != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%06d", micros), "0")
	}
	return text + "s"
}
