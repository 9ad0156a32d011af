package standingsxlsx

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/cases"

	"raceday/services/standings"
)

// nameUnits is how long the name of a sheet may be, in UTF-16.
const nameUnits = 31

// sheetNames names a sheet for each list: the list's name, behind the race's id where there are lists of several races. By
// Excel's rules a name has at most 31 units of UTF-16 and none of []:*?/\, does not begin or end with an apostrophe, and
// differs from all others by more than case; History is taken.
func sheetNames(lists []standings.WholeList) []string {
	several := false
	for _, l := range lists {
		several = several || l.Race.ID != lists[0].Race.ID
	}
	fold := cases.Fold()
	taken := map[string]bool{fold.String(contents): true, fold.String("History"): true}
	names := make([]string, len(lists))
	for i, l := range lists {
		name := l.Name
		if several {
			name = string(l.Race.ID) + " " + name
		}
		name = strings.Map(sheetRune, name)
		unique := cutName(name, "")
		for n := 2; taken[fold.String(unique)]; n++ {
			unique = cutName(name, fmt.Sprintf(" (%d)", n))
		}
		taken[fold.String(unique)] = true
		names[i] = unique
	}
	return names
}

func sheetRune(r rune) rune {
	switch {
	case r == '/' || unicode.IsControl(r):
		return ' '
	case strings.ContainsRune(`[]:*?\`, r) || r == unicode.ReplacementChar:
		return '_'
	}
	return r
}

// cutName returns a name with an end, cut before the end to what a sheet's name may hold.
func cutName(name, end string) string {
	left := nameUnits - len(end)
	for i, r := range name {
		if left -= utf16.RuneLen(r); left < 0 {
			name = name[:i]
			break
		}
	}
	name = strings.TrimSpace(name) + end
	if strings.HasSuffix(name, "'") {
		name = strings.TrimRight(name, "'") + "_"
	}
	return name
}
