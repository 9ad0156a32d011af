package timing

import "raceday/services/rules/race"

// chipOfFile is a chip as lines write it.
type chipOfFile struct {
	chip   race.Chip
	number int32
	// bad means that it is none.
	bad bool
}

// chipsOfFile knows the chips that have come before. Every line looks one up, so that short ones are found as numbers: that
// takes half the time of finding text.
type chipsOfFile struct {
	// recent are short ones that came lately, each where its number falls: a chip has many reads within a few seconds, and so
	// have thousands of others in a rush.
	recent [1 << recentBits]recentChip
	short  map[uint64]chipOfFile
	long   map[string]chipOfFile
	// numbers count the chips, however lines write them.
	numbers map[race.Chip]int32
}

const recentBits = 13

type recentChip struct {
	packed uint64
	chipOfFile
}

// slot returns where a short chip falls among the recent ones. (Fibonacci hashing: the golden ratio of 64 bits)
func slot(packed uint64) uint64 { return packed * 0x9e3779b97f4a7c15 >> (64 - recentBits) }

func newChipsOfFile() *chipsOfFile {
	return &chipsOfFile{short: map[uint64]chipOfFile{}, long: map[string]chipOfFile{}, numbers: map[race.Chip]int32{}}
}

// of returns the chip that a line writes so.
func (c *chipsOfFile) of(text []byte) chipOfFile {
	packed, short := shortText(text)
	if !short {
		chip, ok := c.long[string(text)]
		if !ok {
			written := string(text)
			chip = c.parse(written)
			c.long[written] = chip
		}
		return chip
	}
	recent := &c.recent[slot(packed)]
	if recent.packed == packed && packed != 0 {
		return recent.chipOfFile
	}
	chip, ok := c.short[packed]
	if !ok {
		chip = c.parse(string(text))
		c.short[packed] = chip
	}
	*recent = recentChip{packed, chip}
	return chip
}

// shortText returns a text of at most eight bytes, none of them zero, as a number.
func shortText(text []byte) (packed uint64, ok bool) {
	if len(text) > 8 {
		return 0, false
	}
	for i := range len(text) {
		if text[i] == 0 {
			return 0, false
		}
		packed = packed<<8 | uint64(text[i])
	}
	return packed, true
}

func (c *chipsOfFile) parse(text string) chipOfFile {
	chip, err := race.ParseChip(text)
	if err != nil {
		return chipOfFile{bad: true}
	}
	number, ok := c.numbers[chip]
	if !ok {
		number = int32(len(c.numbers))
		c.numbers[chip] = number
	}
	return chipOfFile{chip: chip, number: number}
}
