package anomaly

import (
	"strconv"
	"strings"

	"raceday/services/rules/race"
)

// Identity is what a mat numbers a read with.
type Identity struct {
	Mat  race.MatID
	Boot string
	Seq  uint64
}

// String writes the identity as a ruling names it: the mat, the boot where there is one, and the number: line-a 1 17.
func (i Identity) String() string {
	if i.Boot == "" {
		return string(i.Mat) + " " + strconv.FormatUint(i.Seq, 10)
	}
	return string(i.Mat) + " " + i.Boot + " " + strconv.FormatUint(i.Seq, 10)
}

// ParseIdentity reads what String writes. A mat holds no blanks; a boot may.
func ParseIdentity(text string) (Identity, bool) {
	mat, rest, parted := strings.Cut(text, " ")
	boot, number := "", rest
	if last := strings.LastIndexByte(rest, ' '); last >= 0 {
		boot, number = strings.TrimSpace(rest[:last]), rest[last+1:]
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	if !parted || mat == "" || err != nil {
		return Identity{}, false
	}
	return Identity{Mat: race.MatID(mat), Boot: boot, Seq: seq}, true
}
