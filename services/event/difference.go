package event

import (
	"fmt"
	"strings"
)

// Difference says for people how a version differs from the one before: the lines of the canonical file that are gone, with
// a minus, and those that are new, with a plus. The first version differs in nothing.
func Difference(before, after Version) string {
	text := fmt.Sprintf("version %d", after.Number)
	if before.Event == nil {
		return text
	}
	// Lines that only moved are neither.
	return text + onlyIn(before.File, after.File, "- ") + onlyIn(after.File, before.File, "+ ")
}

// onlyIn lists the lines of a file that the other does not have as often.
func onlyIn(file, other []byte, mark string) string {
	both := map[string]int{}
	for line := range strings.Lines(string(other)) {
		both[strings.TrimSpace(line)]++
	}
	var text strings.Builder
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSpace(line)
		if both[line] > 0 {
			both[line]--
			continue
		}
		text.WriteString("\n" + mark + line)
	}
	return text.String()
}
