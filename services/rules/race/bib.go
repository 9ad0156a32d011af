package race

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
)

// Bib is a start number: 1 to 8 of A–Z, 0–9 and hyphen, unique in the event.
type Bib string

// ErrBib is returned for text that is no bib.
var ErrBib = errors.New("not a bib: 1 to 8 of A-Z, 0-9 and hyphen")

// ParseBib reads a bib.
func ParseBib(text string) (Bib, error) {
	if len(text) < 1 || len(text) > 8 {
		return "", ErrBib
	}
	for _, c := range []byte(text) {
		if c != '-' && !digit(c) && (c < 'A' || c > 'Z') {
			return "", ErrBib
		}
	}
	return Bib(text), nil
}

// CompareBibs orders bibs of digits first, by number, then the others as text.
func CompareBibs(a, b Bib) int {
	na, aIsNumber := a.number()
	nb, bIsNumber := b.number()
	switch {
	case aIsNumber && bIsNumber:
		return cmp.Or(cmp.Compare(na, nb), cmp.Compare(a, b))
	case aIsNumber:
		return -1
	case bIsNumber:
		return 1
	}
	return cmp.Compare(a, b)
}

func (b Bib) number() (int, bool) {
	n := 0
	for _, c := range []byte(b) {
		if !digit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, b != ""
}

// BibRange is a run of bibs with a common prefix, such as 1-999 or F1-F99.
type BibRange struct {
	Prefix      string
	First, Last int
}

// ErrBibRange is returned for text that is no range of bibs.
var ErrBibRange = errors.New("not a range of bibs such as 1-999 or F1-F99")

// ParseBibRange reads a range; both ends carry the same prefix and the first is not above the last.
func ParseBibRange(text string) (BibRange, error) {
	for i := range len(text) {
		if text[i] != '-' {
			continue
		}
		prefix, first, ok1 := splitBib(text[:i])
		lastPrefix, last, ok2 := splitBib(text[i+1:])
		if ok1 && ok2 && prefix == lastPrefix && first <= last {
			return BibRange{prefix, first, last}, nil
		}
	}
	return BibRange{}, ErrBibRange
}

// splitBib divides a bib into a prefix that ends in no digit and a number without leading zeros.
func splitBib(text string) (prefix string, number int, ok bool) {
	if _, err := ParseBib(text); err != nil {
		return "", 0, false
	}
	i := len(text)
	for i > 0 && digit(text[i-1]) {
		i--
	}
	number, err := strconv.Atoi(text[i:])
	if err != nil || strconv.Itoa(number) != text[i:] {
		return "", 0, false
	}
	return text[:i], number, true
}

// Contains reports whether the range holds a bib.
func (r BibRange) Contains(b Bib) bool {
	prefix, number, ok := splitBib(string(b))
	return ok && prefix == r.Prefix && r.First <= number && number <= r.Last
}

// Overlaps reports whether two ranges share a bib.
func (r BibRange) Overlaps(other BibRange) bool {
	return r.Prefix == other.Prefix && r.First <= other.Last && other.First <= r.Last
}

// Bib returns the range's bib with this number.
func (r BibRange) Bib(number int) Bib { return Bib(r.Prefix + strconv.Itoa(number)) }

// String writes the range as an event file has it.
func (r BibRange) String() string { return string(r.Bib(r.First) + "-" + r.Bib(r.Last)) }

// Chip is a chip's code as it is compared: upper case, without leading zeros.
type Chip string

// ErrChip is returned for text that is no chip.
var ErrChip = errors.New("not a chip: 1 to 32 letters and digits")

// ParseChip reads a chip: leading zeros and case do not matter, and only zeros are 0.
func ParseChip(text string) (Chip, error) {
	if len(text) < 1 || len(text) > 32 {
		return "", ErrChip
	}
	upper := true
	for _, c := range []byte(text) {
		switch {
		case digit(c) || c >= 'A' && c <= 'Z':
		case c >= 'a' && c <= 'z':
			upper = false
		default:
			return "", ErrChip
		}
	}
	if text[0] == '0' {
		text = strings.TrimLeft(text[:len(text)-1], "0") + text[len(text)-1:]
	}
	if !upper {
		text = strings.ToUpper(text)
	}
	return Chip(text), nil
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
