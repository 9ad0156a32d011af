package standings

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// WriteList writes a list as CSV: rank, bib, name, country, club, sex, age_group, status, gun, net, penalty and ranked, then for each
// visit after the start split:<n>:<point>, the official net time there, and pace:<n>:<point>, m:ss a kilometre from the
// passing before; the finish has a pace only. What is not known is empty. A name, country or club that a spreadsheet would
// compute has an apostrophe before it.
func WriteList(w io.Writer, list WholeList) error {
	course := list.Race.Course
	header := []string{"rank", "bib", "name", "country", "club", "sex", "age_group", "status", "gun", "net", "penalty", "ranked"}
	for visit := 1; visit < len(course); visit++ {
		name := strconv.Itoa(visit) + ":" + string(course[visit].Point)
		if visit < len(course)-1 {
			header = append(header, "split:"+name)
		}
		header = append(header, "pace:"+name)
	}
	file := csv.NewWriter(w)
	// The writer keeps its first error for Flush.
	_ = file.Write(header)
	record := make([]string, 0, len(header))
	for _, row := range list.Rows {
		r, rank := row.Result, ""
		if row.Rank > 0 {
			rank = strconv.Itoa(row.Rank)
		}
		record = append(record[:0], rank, string(r.Bib), asText(r.Name), asText(r.Country), asText(r.Club), r.Sex.String(), r.AgeGroup, r.Status.String(),
			row.Gun(), row.Net(), row.Penalty(), row.Ranked())
		for visit := 1; visit < len(course); visit++ {
			split, _ := row.SplitAt(visit)
			if visit < len(course)-1 {
				record = append(record, split.Net)
			}
			record = append(record, split.Pace)
		}
		_ = file.Write(record)
	}
	return flush(file, "the list "+list.Name)
}

// asText returns what entrants wrote of themselves so that a spreadsheet takes it as text, not as a formula.
// [OWASP, CSV injection]
func asText(written string) string {
	if written != "" && strings.ContainsRune("=+-@\t\r", rune(written[0])) {
		return "'" + written
	}
	return written
}

// listsFile is the file that says which list each other file of an export holds; no list's file has its name.
const listsFile = "lists.csv"

// writeListFiles writes a file for each list, and before them one that tells the list and the race of each.
func writeListFiles(lists []WholeList, version int64, begin Begin) error {
	names := listFileNames(lists)
	index := csv.NewWriter(begin(listsFile, version))
	// The writer keeps its first error for Flush.
	_ = index.Write([]string{"file", "race", "list", "ranked", "entrants"})
	for i, l := range lists {
		_ = index.Write([]string{names[i], string(l.Race.ID), l.Name, strconv.Itoa(l.Ranked), strconv.Itoa(len(l.Rows))})
	}
	if err := flush(index, "the names of the lists"); err != nil {
		return err
	}
	for i, l := range lists {
		if err := WriteList(begin(names[i], version), l); err != nil {
			return err
		}
	}
	return nil
}

// fileNameBytes bounds the part of a file's name that comes from a list; file systems take 255 bytes in all.
const fileNameBytes = 120

// listFileNames names a file for each list, such as marathon_age_M35-39.csv. A name has letters, digits, hyphens, pluses and
// underscores only, so that every file system takes it, and differs from the others by more than case, so that none is
// written over where case does not count: the second of two is numbered.
func listFileNames(lists []WholeList) []string {
	names, taken, fold := make([]string, len(lists)), map[string]bool{}, cases.Fold()
	for i, l := range lists {
		stem := cutBytes(strings.Map(fileRune, norm.NFC.String(string(l.Race.ID)+"_"+l.Name)), fileNameBytes)
		name := stem
		for n := 2; taken[fold.String(name)]; n++ {
			name = fmt.Sprintf("%s_%d", stem, n)
		}
		taken[fold.String(name)] = true
		names[i] = name + ".csv"
	}
	return names
}

// fileRune returns the rune, or an underscore for one that not every file system takes.
func fileRune(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '+' {
		return r
	}
	return '_'
}

// cutBytes cuts text to a number of bytes between two letters.
func cutBytes(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
