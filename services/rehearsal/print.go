package rehearsal

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// printer writes for people: lines that stay, and on a terminal a block that is written over. The first error is kept and
// nothing is written after it.
type printer struct {
	out      io.Writer
	terminal bool
	// block is the number of lines that the next line or block takes away.
	block int
	err   error
}

func (p *printer) write(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.out, text)
	}
}

// line writes a line that stays.
func (p *printer) line(format string, args ...any) {
	p.write(p.erased() + fmt.Sprintf(format, args...) + "\n")
}

// show replaces the block; without a terminal it writes nothing.
func (p *printer) show(lines ...string) {
	if !p.terminal {
		return
	}
	text := p.erased() + strings.Join(lines, "\n") + "\n"
	p.block = len(lines)
	p.write(text)
}

// erased returns what takes the block away: up to its first line, and from there all.
func (p *printer) erased() string {
	if p.block == 0 {
		return ""
	}
	up := fmt.Sprintf("\x1b[%dA\r\x1b[J", p.block)
	p.block = 0
	return up
}

// table writes rows in columns; those without any content are left out.
func (p *printer) table(head []string, rows [][]string) {
	kept := make([][]string, len(rows)+1)
	for column, name := range head {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[column] != "" }) {
			continue
		}
		kept[0] = append(kept[0], name)
		for i, row := range rows {
			kept[i+1] = append(kept[i+1], row[column])
		}
	}
	for _, line := range layout(kept[0], kept[1:]) {
		p.line("%s", line)
	}
}

// layout returns a head and rows in columns as wide as their widest cell. Columns of numbers and times stand to the right.
func layout(head []string, rows [][]string) []string {
	all := append([][]string{head}, rows...)
	widths, right := make([]int, len(head)), make([]bool, len(head))
	for column := range head {
		right[column] = len(rows) > 0
		for i, row := range all {
			widths[column] = max(widths[column], utf8.RuneCountInString(row[column]))
			if i > 0 && !isFigure(row[column]) {
				right[column] = false
			}
		}
	}
	lines := make([]string, 0, len(all))
	for _, row := range all {
		var line strings.Builder
		for column, cell := range row {
			blanks := strings.Repeat(" ", widths[column]-utf8.RuneCountInString(cell))
			line.WriteString("  ")
			if right[column] {
				line.WriteString(blanks + cell)
			} else {
				line.WriteString(cell + blanks)
			}
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return lines
}

// isFigure reports whether a cell holds a number or a time, perhaps with a rank behind it; an empty one does.
func isFigure(cell string) bool {
	return strings.Trim(cell, "0123456789:.,()- ") == ""
}

// short cuts a text to a width.
func short(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// count writes a number with blanks between thousands.
func count[T ~int | ~int32 | ~int64](n T) string {
	digits := strconv.FormatInt(int64(n), 10)
	var text strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			text.WriteByte(' ')
		}
		text.WriteRune(c)
	}
	return text.String()
}
