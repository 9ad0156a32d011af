package timing

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"raceday/services/csvtable"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Line is a good line of a reads.csv.
type Line struct {
	// Number counts the lines, the header being 1.
	Number int
	Read
	// MatNumber and ChipNumber tell the mats and the chips of the file apart, so that whoever takes the reads need not
	// look up their names: they count them from 0, those too of which no line is good.
	MatNumber, ChipNumber int
}

// EachRead calls each for every good line of a reads.csv, packed or not, in the order of the file; the line is each's until
// it returns. Bad lines come back as csvtable.Faults at the end. A read of a file without a column boot has no Boot;
// ParseReads names one. It allocates nothing for a read whose mat and chip have come before. Without an event no point is
// known.
func EachRead(file string, r io.Reader, event *race.Event, each func(line *Line)) error {
	blocks := split(r, false)
	defer blocks.close()
	p := newReadsParser(file, event, each)
	p.parse(blocks)
	return p.err()
}

// ParseReads returns the good lines of a reads.csv in the order of the file. Where it has no column boot, the boot is
// taken from the content, so that the same file gives the same identities again. Bad lines come back as csvtable.Faults
// beside the reads; nothing may be taken from such a file unless somebody said so.
func ParseReads(file string, r io.Reader, event *race.Event) ([]Read, error) {
	blocks := split(r, true)
	defer blocks.close()
	var reads []Read
	p := newReadsParser(file, event, func(line *Line) { reads = append(reads, line.Read) })
	p.parse(blocks)
	if p.columns.boot < 0 {
		boot := blocks.sum()
		for i := range reads {
			reads[i].Boot = boot
		}
	}
	return reads, p.err()
}

// columnsOfReads are the indices of a file's columns, -1 where it has none.
type columnsOfReads struct{ mat, point, chip, at, boot, seq, rssi, antenna int }

// matOfFile is a mat as lines name it.
type matOfFile struct {
	// id is empty where it is none.
	id     race.MatID
	number int
	// reason says why lines that name it are bad; empty where they are not.
	reason string
	column string
	lines  uint64
}

// readsParser turns lines into reads.
type readsParser struct {
	file  string
	event *race.Event
	each  func(line *Line)

	columns columnsOfReads
	// fields are the current line's, to be read until the next one; nil before the header.
	fields [][]byte
	line   int
	// quotes reports whether the current block has any; where it has none, no line is searched for them.
	quotes bool
	// good is the current line as each takes it.
	good   Line
	mats   map[string]*matOfFile
	points map[string]*matOfFile
	// last is the mat that was named last: lines of a mat follow each other.
	last *matOfFile
	// byID counts the lines of a mat, whether they name it or its point.
	byID     map[race.MatID]*matOfFile
	chips    *chipsOfFile
	instants racetime.InstantParser
	boots    map[string]string
	faults   csvtable.Faults
}

func newReadsParser(file string, event *race.Event, each func(line *Line)) *readsParser {
	if event == nil {
		event = &race.Event{}
	}
	return &readsParser{
		file: file, event: event, each: each,
		columns: columnsOfReads{boot: -1},
		mats:    map[string]*matOfFile{}, points: map[string]*matOfFile{}, byID: map[race.MatID]*matOfFile{},
		chips: newChipsOfFile(), boots: map[string]string{},
	}
}

func (p *readsParser) err() error {
	if len(p.faults) > 0 {
		return p.faults
	}
	return nil
}

func (p *readsParser) bad(column, reason string) {
	p.faults = append(p.faults, csvtable.Fault{File: p.file, Line: p.line, Column: column, Reason: reason})
}

func (p *readsParser) parse(blocks *splitter) {
	for b := range blocks.blocks {
		if b.err != nil {
			p.faults = append(p.faults, csvtable.Fault{File: p.file, Reason: "read: " + b.err.Error()})
			return
		}
		p.quotes = bytes.IndexByte(b.text, '"') >= 0
		for rest := b.text; len(rest) > 0; {
			line := rest
			if end := bytes.IndexByte(rest, '\n'); end >= 0 {
				line, rest = rest[:end], rest[end+1:]
			} else {
				rest = nil
			}
			p.line++
			if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
				continue
			}
			switch {
			case p.fields != nil:
				p.parseLine(line)
			case !p.parseHeader(string(line)):
				return
			}
		}
		blocks.giveBack(b)
	}
	if p.fields == nil {
		p.faults = append(p.faults, csvtable.Fault{File: p.file, Reason: "the file is empty; it needs a header line"})
	}
}

func (p *readsParser) parseHeader(line string) bool {
	columns := csvtable.Columns{
		Required: []string{"chip", "at"}, Optional: []string{"mat", "point", "boot", "seq", "rssi", "antenna"},
	}
	table, err := csvtable.NewReader(p.file, strings.NewReader(line), columns)
	if faults, ok := err.(csvtable.Faults); ok {
		for _, fault := range faults {
			fault.Line = p.line
			p.faults = append(p.faults, fault)
		}
		return false
	}
	p.columns = columnsOfReads{
		mat: table.Column("mat"), point: table.Column("point"), chip: table.Column("chip"), at: table.Column("at"),
		boot: table.Column("boot"), seq: table.Column("seq"), rssi: table.Column("rssi"), antenna: table.Column("antenna"),
	}
	if p.columns.mat < 0 && p.columns.point < 0 {
		p.bad("mat", "column is missing; mat or point is needed")
		return false
	}
	p.fields = make([][]byte, strings.Count(line, ",")+1)
	return true
}

func (p *readsParser) parseLine(line []byte) {
	if !p.split(line) {
		return
	}
	mat := p.mat()
	if mat == nil {
		return
	}
	mat.lines++
	if mat.reason != "" {
		p.bad(mat.column, mat.reason)
		return
	}
	p.good.Number, p.good.MatNumber = p.line, mat.number
	read := &p.good.Read // of which parseDevice sets all else, where the file has it
	read.Mat, read.Seq = mat.id, mat.lines
	chip := p.chips.of(p.fields[p.columns.chip])
	if chip.bad {
		p.bad("chip", race.ErrChip.Error())
		return
	}
	read.Chip, p.good.ChipNumber = chip.chip, int(chip.number)
	at, err := p.instants.Parse(p.fields[p.columns.at])
	if err != nil {
		p.bad("at", err.Error())
		return
	}
	read.At = at
	if p.columns.boot >= 0 || p.columns.seq >= 0 || p.columns.rssi >= 0 || p.columns.antenna >= 0 {
		if !p.parseDevice(read) {
			return
		}
	}
	p.each(&p.good)
}

// split divides a line into fields without surrounding blanks.
func (p *readsParser) split(line []byte) bool {
	if p.quotes && bytes.IndexByte(line, '"') >= 0 {
		return p.splitQuoted(line)
	}
	n := 0
	for rest, more := line, true; more; n++ {
		field := rest
		if comma := bytes.IndexByte(rest, ','); comma >= 0 {
			field, rest = rest[:comma], rest[comma+1:]
		} else {
			more = false
		}
		if n < len(p.fields) {
			p.fields[n] = trim(field)
		}
	}
	return p.rightNumber(n)
}

func (p *readsParser) splitQuoted(line []byte) bool {
	fields, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil {
		p.bad("", "quotes do not match")
		return false
	}
	for i := range min(len(fields), len(p.fields)) {
		p.fields[i] = trim([]byte(fields[i]))
	}
	return p.rightNumber(len(fields))
}

func (p *readsParser) rightNumber(n int) bool {
	if n != len(p.fields) {
		p.bad("", fmt.Sprintf("has %d fields where the header has %d", n, len(p.fields)))
		return false
	}
	return true
}

// trim is bytes.TrimSpace, not called for the fields that have nothing to trim.
func trim(field []byte) []byte {
	if n := len(field); n > 0 && (field[0] <= ' ' || field[n-1] <= ' ' || field[0] >= 0x80 || field[n-1] >= 0x80) {
		return bytes.TrimSpace(field)
	}
	return field
}

// mat returns the mat that the line names, or nil after a fault.
func (p *readsParser) mat() *matOfFile {
	var id, point []byte
	if p.columns.mat >= 0 {
		id = p.fields[p.columns.mat]
	}
	if p.columns.point >= 0 {
		point = p.fields[p.columns.point]
	}
	switch {
	case len(id) > 0 && len(point) > 0:
		p.bad("point", "mat and point are both given")
		return nil
	case len(id) > 0:
		if p.last != nil && string(id) == string(p.last.id) {
			return p.last
		}
		mat, ok := p.mats[string(id)]
		if !ok {
			mat = p.newMat(string(id))
		}
		p.last = mat
		return mat
	case len(point) > 0:
		mat, ok := p.points[string(point)]
		if !ok {
			mat = p.newPoint(string(point))
		}
		return mat
	}
	p.bad("mat", "a mat or a point is needed")
	return nil
}

func (p *readsParser) newMat(id string) *matOfFile {
	mat := &matOfFile{column: "mat", reason: "not a mat: 1 to 64 printable characters without blank, dot, star and >"}
	if ValidMat(race.MatID(id)) {
		mat = p.counted(race.MatID(id))
	}
	p.mats[id] = mat
	return mat
}

func (p *readsParser) newPoint(name string) *matOfFile {
	first := slices.IndexFunc(p.event.Mats, func(m race.Mat) bool { return !m.Backup && m.Point == race.PointID(name) })
	mat := &matOfFile{column: "point", reason: "unknown point " + strconv.Quote(name)}
	switch {
	case first >= 0:
		mat = p.counted(p.event.Mats[first].ID)
	case slices.Contains(p.event.Points, race.PointID(name)):
		mat.reason = "point " + strconv.Quote(name) + " has no mat without backup"
	}
	p.points[name] = mat
	return mat
}

func (p *readsParser) counted(id race.MatID) *matOfFile {
	mat, ok := p.byID[id]
	if !ok {
		mat = &matOfFile{id: id, number: len(p.byID)}
		p.byID[id] = mat
	}
	return mat
}

// parseDevice reads the columns that only a device knows.
func (p *readsParser) parseDevice(read *Read) bool {
	if p.columns.boot >= 0 {
		text := p.fields[p.columns.boot]
		boot, ok := p.boots[string(text)]
		if !ok {
			boot = string(text)
			if !isPrintable(boot, maxBootRunes) {
				p.bad("boot", fmt.Sprintf("not up to %d printable characters", maxBootRunes))
				return false
			}
			p.boots[boot] = boot
		}
		read.Boot = boot
	}
	if p.columns.seq >= 0 {
		if len(p.fields[p.columns.seq]) == 0 {
			p.bad("seq", "is empty; either every line has its number, or the file has no column seq")
			return false
		}
		seq, err := strconv.ParseUint(string(p.fields[p.columns.seq]), 10, 63)
		if err != nil {
			p.bad("seq", fmt.Sprintf("not a whole number from 0 to %d", uint64(MaxSeq)))
			return false
		}
		read.Seq = seq
	}
	var ok bool
	if read.RSSIDBm, read.HasRSSI, ok = p.number("rssi", p.columns.rssi); !ok {
		return false
	}
	read.Antenna, read.HasAntenna, ok = p.number("antenna", p.columns.antenna)
	return ok
}

// number reads a whole number that may be absent.
func (p *readsParser) number(name string, column int) (n int32, has, ok bool) {
	if column < 0 || len(p.fields[column]) == 0 {
		return 0, false, true
	}
	parsed, err := strconv.ParseInt(string(p.fields[column]), 10, 32)
	if err != nil {
		p.bad(name, fmt.Sprintf("not a whole number from %d to %d", math.MinInt32, math.MaxInt32))
		return 0, false, false
	}
	return int32(parsed), true, true
}
