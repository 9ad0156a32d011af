package standings

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/rules/result"
)

// OfficialRow is an entrant in a published list, with what was shown of it.
type OfficialRow struct {
	// Rank is 0 for entrants without one.
	Rank     int
	Bib      race.Bib
	Name     string
	Sex      string
	AgeGroup string
	Country  string
	Club     string
	Category string
	Status   result.Status
	// Rule is the number behind a disqualification.
	Rule string
	// Gun, Net, Penalty and Ranked are official times; empty where there is none.
	Gun, Net, Penalty, Ranked string
	// RankedTime is the exact time that the list ranks by.
	RankedTime racetime.Optional
	// Legs are a team's.
	Legs []OfficialLeg
}

// ListRows returns the rows of a list: the ranked in their order, then all others who belong to it, by bib. Faults:
// ErrRaceNotFound, ErrListNotFound where nobody belongs to such a list.
func ListRows(event *race.Event, results []result.Result, raceID race.ID, list string) ([]OfficialRow, error) {
	r := event.Race(raceID)
	if r == nil {
		return nil, noRace(event)
	}
	of := groupByRace(results)[raceID]
	for n := range r.Classifications {
		members := membersOf(of, n, list)
		if len(members) > 0 {
			return rowsOf(r, n, members, list), nil
		}
	}
	return nil, newField(r, of, nil, 0).noList()
}

// membersOf returns the results that belong to a list of the race's nth classification, by bib.
func membersOf(results []*result.Result, n int, list string) []*result.Result {
	var members []*result.Result
	for _, res := range results {
		if list != "" && listOf(res, n) == list {
			members = append(members, res)
		}
	}
	slices.SortFunc(members, func(a, b *result.Result) int { return race.CompareBibs(a.Bib, b.Bib) })
	return members
}

func rowsOf(r *race.Race, n int, members []*result.Result, list string) []OfficialRow {
	of := make(map[race.EntrantID]*result.Result, len(members))
	for _, res := range members {
		of[res.Entrant] = res
	}
	terms := &terms{race: r, classification: &r.Classifications[n]}
	legs := officialLegs(r, members)
	rows := make([]OfficialRow, 0, len(members))
	if ranked, ok := rankClassification(r, n, members)[list]; ok {
		for rank, e := range ranked.All() {
			rows = append(rows, officialRow(Row{Rank: rank, Result: of[e.Entrant], terms: terms}, legs))
			delete(of, e.Entrant)
		}
	}
	for _, res := range members {
		if of[res.Entrant] != nil {
			rows = append(rows, officialRow(Row{Result: res, terms: terms}, legs))
		}
	}
	return rows
}

func officialRow(row Row, legs map[race.EntrantID][]OfficialLeg) OfficialRow {
	published := row.AsPublished()
	published.Legs = legs[row.Result.Entrant]
	return published
}

// AsPublished returns what a published list says of the row, but for a team's legs.
func (r Row) AsPublished() OfficialRow {
	res := r.Result
	return OfficialRow{
		Rank: r.Rank, Bib: res.Bib, Name: res.Name, Sex: res.Sex.String(), AgeGroup: res.AgeGroup, Country: res.Country,
		Club: res.Club, Category: res.Category, Status: res.Status, Rule: res.Rule, Gun: r.Gun(), Net: r.Net(),
		Penalty: r.Penalty(), Ranked: r.Ranked(), RankedTime: r.RankedTime(),
	}
}

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// DigestOf returns the digest of the rows of a list. Names are not in it: they may be forgotten, and the list still proved.
func DigestOf(raceID race.ID, list string, rows []OfficialRow) Digest {
	sum := sha256.New()
	file := csv.NewWriter(sum)
	write := func(fields ...string) { _ = file.Write(fields) } // a digest takes everything
	write(string(raceID), list)
	for i := range rows {
		row := &rows[i]
		microseconds := ""
		if row.RankedTime.Known {
			microseconds = strconv.FormatInt(row.RankedTime.Time.Microseconds(), 10)
		}
		write(strconv.Itoa(row.Rank), string(row.Bib), row.Sex, row.AgeGroup, row.Country, row.Club, row.Category,
			row.Status.String(), row.Rule, row.Gun, row.Net, row.Penalty, row.Ranked, microseconds)
		for n := range row.Legs {
			write(row.Legs[n].digested(n + 1)...)
		}
	}
	file.Flush()
	return Digest(sum.Sum(nil))
}

// WriteDigests writes race,list,digest for every list that somebody belongs to, by race and list.
func WriteDigests(w io.Writer, event *race.Event, results []result.Result) error {
	file := csv.NewWriter(w)
	// The writer keeps its first error for Flush.
	_ = file.Write([]string{"race", "list", "digest"})
	byRace := groupByRace(results)
	for i := range event.Races {
		r := &event.Races[i]
		for n := range r.Classifications {
			names := map[string]bool{}
			for _, res := range byRace[r.ID] {
				names[listOf(res, n)] = true
			}
			delete(names, "")
			for _, list := range slices.Sorted(maps.Keys(names)) {
				digest := DigestOf(r.ID, list, rowsOf(r, n, membersOf(byRace[r.ID], n, list), list))
				_ = file.Write([]string{string(r.ID), list, hex.EncodeToString(digest[:])})
			}
		}
	}
	return flush(file, "digests")
}

// RowChange is what differs of one bib between two versions of a list.
type RowChange struct {
	// Before and After are nil where the bib is not in that version.
	Before, After *OfficialRow
}

// DiffRows returns what differs between two versions of a list, in the order of the later one, and at the end, by the earlier
// one, who is no longer in it.
func DiffRows(before, after []OfficialRow) []RowChange {
	was := make(map[race.Bib]*OfficialRow, len(before))
	for i := range before {
		was[before[i].Bib] = &before[i]
	}
	var changes []RowChange
	for i := range after {
		now := &after[i]
		old := was[now.Bib]
		delete(was, now.Bib)
		if old == nil || !reflect.DeepEqual(old, now) {
			changes = append(changes, RowChange{old, now})
		}
	}
	for i := range before {
		if old := was[before[i].Bib]; old != nil {
			changes = append(changes, RowChange{Before: old})
		}
	}
	return changes
}
