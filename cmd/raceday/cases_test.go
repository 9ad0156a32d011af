package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rulesCase is a case of RULES.md, "Cases worth a test each", that results show. Those of entries and teams are tested where
// entries are checked.
type rulesCase struct {
	name string
	// roster, reads and rulings are lines behind the headers of a case; reads are of the day and have no date.
	roster, reads, rulings string
	// event changes the event file.
	event *strings.Replacer
	// columns of results.csv, or of legs.csv where legs is set, and what they hold, a line each.
	columns, want string
	legs          bool
}

const (
	caseRoster  = "race,bib,chips,name,sex,birth_date,age,category,wave,tags\n"
	caseReads   = "mat,chip,at,boot,seq\n"
	caseRulings = "id,race,bib,ruling,target,point,at,duration,rule,reason,by\n"
)

// ranksOf are the columns that most cases look at.
const ranksOf = "bib status ranked rank:overall"

var rulesCases = []rulesCase{
	{name: "same second, different milliseconds: no tie",
		roster:  "marathon,1,A,,F,,30,,,\nmarathon,2,B,,M,,30,,,\n",
		reads:   "line-a,A,09:30:00.002\nline-a,B,09:30:00.001\n",
		columns: ranksOf, want: "2 FINISHED 2:30:01 1\n1 FINISHED 2:30:01 2\n"},
	{name: "same millisecond: the rank is shared",
		roster:  "marathon,1,A,,F,,30,,,\nmarathon,2,B,,M,,30,,,\nmarathon,3,C,,M,,30,,,\nmarathon,4,D,,M,,30,,,\n",
		reads:   "line-a,A,09:29:59\nline-a,B,09:30:00.001\nline-a,C,09:30:00.001\nline-a,D,09:30:01\n",
		columns: ranksOf, want: "1 FINISHED 2:29:59 1\n2 FINISHED 2:30:01 2\n3 FINISHED 2:30:01 2\n4 FINISHED 2:30:01 4\n"},
	{name: "a judge reverses 1 and 2: no time moves",
		roster:  "marathon,1,A,,F,,30,,,\nmarathon,2,B,,M,,30,,,\n",
		reads:   "line-a,A,09:30:00.001\nline-a,B,09:30:00.002\n",
		rulings: "r1,marathon,2,RANK_BEFORE,1,,,,TR18.2,torso,Judge\n",
		columns: ranksOf, want: "2 FINISHED 2:30:01 1\n1 FINISHED 2:30:01 2\n"},
	{name: "net winner from wave 4 loses overall and wins the age group",
		roster: "marathon,1,A,,M,,30,,,\nmarathon,3000,D,,M,,31,,,\n",
		reads: "line-a,A,07:00:05\nline-a,A,09:30:00\n" +
			"line-a,D,07:31:00\nline-a,D,10:00:30\n",
		columns: "bib gun net rank:overall list:age rank:age",
		want:    "1 2:30:00 2:29:55 1 age/M18-34 2\n3000 2:30:30 2:29:30 2 age/M18-34 1\n"},
	{name: "wave 3 entrant starts with wave 1: a false start by the own gun until an official decides",
		roster:  "marathon,2000,C,,M,,30,,,\n",
		reads:   "line-a,C,07:00:10\nline-a,C,09:30:00\n",
		columns: "bib status gun net", want: "2000 FINISHED 2:10:00 2:10:00\n"},
	{name: "wave 3 entrant starts with wave 1, and an official counts it from that gun",
		roster:  "marathon,2000,C,,M,,30,,,\n",
		reads:   "line-a,C,07:00:10\nline-a,C,09:30:00\n",
		rulings: "r1,marathon,2000,START_WITH_WAVE,A,,,,,started early,Judge\n",
		columns: "bib status gun net", want: "2000 FINISHED 2:30:00 2:29:50\n"},
	{name: "winner disqualified after the podium: the time stays, the next moves up",
		roster:  "marathon,1,A,,F,,30,,,\nmarathon,2,B,,M,,30,,,\n",
		reads:   "line-a,A,09:30:00\nline-a,B,09:31:00\n",
		rulings: "r1,marathon,1,DSQ,,,,,TR6.3,paced,Judge\n",
		columns: "bib status gun ranked rank:overall",
		want:    "2 FINISHED 2:31:00 2:31:00 1\n1 DSQ 2:30:00 - -\n"},
	{name: "birthday on race day and the day after",
		roster:  "marathon,1,A,,M,1990-09-28,,,,\nmarathon,2,B,,M,1990-09-29,,,,\n",
		reads:   "line-a,A,09:30:00\nline-a,B,09:31:00\n",
		columns: "bib list:age", want: "1 age/M35-39\n2 age/M18-34\n"},
	{name: "29 February: 35 on 1 March of a common year",
		roster:  "marathon,1,A,,M,1988-02-29,,,,\n",
		reads:   "line-a,A,09:30:00\n",
		event:   strings.NewReplacer("2025-09-28", "2023-02-28"),
		columns: "bib list:age", want: "1 age/M18-34\n"},
	{name: "29 February: 35 on 28 February where the race says so",
		roster:  "marathon,1,A,,M,1988-02-29,,,,\n",
		reads:   "line-a,A,09:30:00\n",
		event:   strings.NewReplacer("2025-09-28", "2023-02-28", "fastest_pace: 145s", "fastest_pace: 145s\n    age: {leap_day: FEB_28}"),
		columns: "bib list:age", want: "1 age/M35-39\n"},
	{name: "race moved from 28 September to 1 October changes age groups",
		roster:  "marathon,1,A,,M,1990-09-30,,,,\n",
		reads:   "line-a,A,09:30:00\n",
		event:   strings.NewReplacer("2025-09-28", "2025-10-01"),
		columns: "bib list:age", want: "1 age/M35-39\n"},
	{name: "bands that change between editions change groups",
		roster:  "marathon,1,A,,M,1990-09-28,,,,\n",
		reads:   "line-a,A,09:30:00\n",
		event:   strings.NewReplacer("[18, 35, 40]", "[18, 30, 45]"),
		columns: "bib list:age", want: "1 age/M30-44\n"},
	{name: "a championship inside the race has its own ranks over the same finishes",
		roster:  "marathon,1,A,,M,,30,,,\nmarathon,2,B,,M,,42,,,veteran\nmarathon,3,C,,F,,45,,,veteran\n",
		reads:   "line-a,A,09:30:00\nline-a,B,09:31:00\nline-a,C,09:32:00\n",
		columns: "bib rank:overall rank:veterans", want: "1 1 -\n2 2 1\n3 3 2\n"},
	{name: "missing start read: the gun stands in",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "k5-a,A,07:20:00\nline-a,A,09:30:00\n",
		columns: "bib status gun net rank:age", want: "1 FINISHED 2:30:00 2:30:00 1\n"},
	{name: "missing start read: no net time, and in no list by it",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "k5-a,A,07:20:00\nline-a,A,09:30:00\n",
		event:   strings.NewReplacer("fastest_pace: 145s", "fastest_pace: 145s\n    no_start_read: NO_NET_TIME"),
		columns: "bib status gun net rank:overall rank:age", want: "1 FINISHED 2:30:00 - 1 -\n"},
	{name: "missing start read: in no list where the race asks for one",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "k5-a,A,07:20:00\nline-a,A,09:30:00\n",
		event:   strings.NewReplacer("fastest_pace: 145s", "fastest_pace: 145s\n    no_start_read: NOT_RANKED"),
		columns: "bib status gun rank:overall rank:age", want: "1 FINISHED 2:30:00 - -\n"},
	{name: "one and two missing points: nobody is disqualified",
		roster: "marathon,1,A,,M,,30,,,\nmarathon,2,B,,M,,30,,,\n",
		reads: "line-a,A,07:00:01\nk5-a,A,07:20:00\nhalf-a,A,08:15:00\nline-a,A,09:30:00\n" +
			"line-a,B,07:00:01\nhalf-a,B,08:15:00\nline-a,B,09:31:00\n",
		columns: "bib status split:1:k5 split:2:k10 split:3:half rank:overall",
		want:    "1 FINISHED 0:19:59 - 1:14:59 1\n2 FINISHED - - 1:14:59 2\n"},
	{name: "impossible segment: the crossing counts nowhere",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "line-a,A,07:00:01\nk10-a,A,07:10:00\nline-a,A,09:30:00\n",
		columns: "bib status split:2:k10 gun", want: "1 FINISHED - 2:30:00\n"},
	{name: "impossible segment that an official lets stand",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "line-a,A,07:00:01\nk10-a,A,07:10:00\nline-a,A,09:30:00\n",
		rulings: "r1,marathon,1,MANUAL_TIME,,k10,2025-09-28T07:10:00+05:00,,,seen,Judge\n",
		columns: "bib status split:2:k10 gun", want: "1 FINISHED 0:09:59 2:30:00\n"},
	{name: "entrant of the 10 km on the half course, common finish",
		roster: "ten,1,A,,M,,30,,,\nhalf,2,B,,M,,30,,,\n",
		reads: "line-a,A,08:00:10\nk5-a,A,08:25:00\nk10-a,A,08:50:00\nline-a,A,09:40:00\n" +
			"line-a,B,08:00:10\nk5-a,B,08:25:00\nk10-a,B,08:50:00\nline-a,B,09:40:00\n",
		columns: "race bib status gun rank:overall", want: "half 2 FINISHED 1:40:00 1\nten 1 FINISHED 1:40:00 1\n"},
	{name: "cut-off met by one rule and missed by the other",
		roster: "marathon,1,A,,M,,30,,,\nmarathon,3000,D,,M,,30,,,\n",
		reads: "line-a,A,07:00:30\nhalf-a,A,09:30:40\nline-a,A,11:40:00\n" + // 2:30:10 from the start, before 9:40
			"line-a,D,07:31:00\nhalf-a,D,09:40:00.000001\nline-a,D,11:40:00\n", // 2:09 from the start, after 9:40
		columns: "bib status gun rank:overall", want: "1 OTL 4:40:00 -\n3000 OTL 4:10:00 -\n"},
	{name: "cut-off met to the microsecond by both rules",
		roster:  "marathon,3000,D,,M,,30,,,\n",
		reads:   "line-a,D,07:31:00\nhalf-a,D,09:40:00\nline-a,D,11:40:00\n",
		columns: ranksOf, want: "3000 FINISHED 4:10:00 1\n"},
	{name: "missed exchange with a team chip: two legs unknown, their sum known",
		roster:  "relay,R1,A,,X,,,,,\n",
		reads:   "line-a,A,09:00:01\nx1-a,A,09:20:00\nline-a,A,10:00:00\n",
		event:   strings.NewReplacer(`, forced_start: "2025-09-28T09:40:00+05:00"`, ""),
		columns: "leg leg_time cumulative rank_after", want: "1 0:20:00 0:20:00 1\n2 - - -\n3 - 1:00:00 1\n", legs: true},
	{name: "missed exchange, and an official enters the hand-over",
		roster:  "relay,R1,A,,X,,,,,\n",
		reads:   "line-a,A,09:00:01\nx1-a,A,09:20:00\nline-a,A,10:00:00\n",
		rulings: "r1,relay,R1,MANUAL_TIME,,x2,2025-09-28T09:39:00+05:00,,,seen,Judge\n",
		event:   strings.NewReplacer(`, forced_start: "2025-09-28T09:40:00+05:00"`, ""),
		columns: "leg leg_time cumulative rank_after", want: "1 0:20:00 0:20:00 1\n2 0:19:00 0:39:00 1\n3 0:21:00 1:00:00 1\n", legs: true},
	{name: "forced start: both legs count fully",
		roster:  "relay,R1,A,,X,,,,,\n",
		reads:   "line-a,A,09:00:01\nx1-a,A,09:25:00\nx2-a,A,09:50:00\nline-a,A,10:00:00\n",
		columns: "leg leg_time cumulative rank_after", want: "1 0:25:00 0:25:00 1\n2 0:25:00 0:50:00 1\n3 0:20:00 1:10:00 1\n", legs: true},
	{name: "third yellow card 20 minutes after the finish",
		roster: "walk,1,A,,F,,30,,,\nwalk,2,B,,F,,30,,,\n",
		reads:  "line-a,A,09:10:00\nline-a,B,09:11:00\n",
		rulings: "r1,walk,1,YELLOW_CARD,,k5,2025-09-28T08:30:00+05:00,,,run,Judge\n" +
			"r2,walk,1,YELLOW_CARD,,k5,2025-09-28T08:40:00+05:00,,,poles,Judge\n" +
			"r3,walk,1,YELLOW_CARD,,line,2025-09-28T09:30:00+05:00,,,run,Other judge\n",
		columns: "bib status gun penalty rank:overall", want: "2 FINISHED 1:11:00 - 1\n1 DSQ 1:10:00 0:01:30 -\n"},
	{name: "two judges report the same fault within a minute: one card",
		roster: "walk,1,A,,F,,30,,,\n",
		reads:  "line-a,A,09:10:00\n",
		rulings: "r1,walk,1,YELLOW_CARD,,k5,2025-09-28T08:30:00+05:00,,,run,Judge\n" +
			"r2,walk,1,YELLOW_CARD,,k5,2025-09-28T08:30:40+05:00,,,run,Other judge\n",
		columns: "bib penalty ranked", want: "1 0:00:30 1:10:30\n"},
	{name: "X ranks overall and in lists for X",
		roster:  "marathon,1,A,,X,,30,,,\nmarathon,2,B,,M,,30,,,\n",
		reads:   "line-a,A,09:30:00\nline-a,B,09:31:00\n",
		columns: "bib rank:overall list:age rank:age", want: "1 1 age/X18-34 1\n2 2 age/M18-34 1\n"},
	{name: "wheelchair with an earlier gun shifts no runner's rank",
		roster:  "wheelchair,1,A,,M,,30,,,\nmarathon,2,B,,M,,30,,,\n",
		reads:   "line-a,A,06:55:01\nline-a,A,08:25:00\nline-a,B,07:00:01\nline-a,B,09:30:00\n",
		columns: "race bib gun rank:overall", want: "marathon 2 2:30:00 1\nwheelchair 1 1:30:00 1\n"},
	{name: "unknown chip finishes: nothing yet",
		roster:  "marathon,1,,,M,,30,,,\n",
		reads:   "line-a,A,07:00:01\nline-a,A,09:30:00\n",
		columns: "bib status gun", want: "1 ENTERED -\n"},
	{name: "unknown chip finishes, is assigned later",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "line-a,A,07:00:01\nline-a,A,09:30:00\n",
		columns: "bib status gun", want: "1 FINISHED 2:30:00\n"},
	{name: "two chips on one runner are one source",
		roster:  "marathon,1,A 00b,,M,,30,,,\n",
		reads:   "line-a,A,07:00:01\nline-a,B,07:00:02\nk5-a,B,07:20:00\nline-a,B,09:30:00.5\nline-a,A,09:30:00.25\n",
		columns: "bib status gun net split:1:k5", want: "1 FINISHED 2:30:01 2:29:59 0:19:58\n"},
	{name: "chips of two runners swapped back",
		roster:  "marathon,1,B,,M,,30,,,\nmarathon,2,A,,M,,30,,,\n",
		reads:   "line-a,A,09:30:00\nline-a,B,09:31:00\n",
		columns: ranksOf, want: "2 FINISHED 2:30:00 1\n1 FINISHED 2:31:00 2\n"},
	{name: "mat moved during the race: k5 before 8:30, k10 from then on",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "line-a,A,07:00:00\nk5-a,A,08:29:59.999999\nk5-a,A,08:30:00.000000\nline-a,A,11:00:00\n",
		event:   strings.NewReplacer("fastest_pace: 145s", "fastest_pace: 0s"),
		columns: "bib split:1:k5 split:2:k10 gun", want: "1 1:30:00 1:30:00 4:00:00\n"},
	{name: "mat clock 70 s off",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "line-a,A,07:00:00\nk5-off,A,07:21:10\nline-a,A,09:30:00\n",
		columns: "bib split:1:k5 gun", want: "1 0:20:00 2:30:00\n"},
	{name: "controller restarts its numbering: both reads are kept",
		roster:  "marathon,1,A,,M,,30,,,\n",
		reads:   "line-a,A,07:00:00,b1,1\nk5-a,A,07:20:00,b1,1\nline-a,A,09:30:00,b2,1\n",
		columns: "bib split:1:k5 gun", want: "1 0:20:00 2:30:00\n"},
	{name: "all reads sent again after the race, in another order",
		roster: "marathon,1,A,,M,,30,,,\n",
		reads: "line-a,A,07:00:00,b1,1\nk5-a,A,07:20:00,b1,1\nline-a,A,09:30:00,b1,2\n" +
			"line-a,A,09:30:00,b1,2\nk5-a,A,07:20:00,b1,1\nline-a,A,07:00:00,b1,1\n",
		columns: "bib split:1:k5 gun", want: "1 0:20:00 2:30:00\n"},
}

func TestCasesOfTheRules(t *testing.T) {
	t.Parallel()
	for _, c := range rulesCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.score(t)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// score returns the columns of the results as raceday score computes them.
func (c *rulesCase) score(t *testing.T) string {
	t.Helper()
	event, err := os.ReadFile("testdata/cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	definition, day := string(event), "2025-09-28"
	if c.event != nil {
		definition, day = c.event.Replace(definition), c.event.Replace(day)
	}
	dir := t.TempDir()
	results, legs := filepath.Join(dir, "results.csv"), filepath.Join(dir, "legs.csv")
	raceday(t, exitSuccess, "score",
		"--event", written(t, "event.yaml", definition), "--roster", written(t, "roster.csv", caseRoster+c.roster),
		"--reads", written(t, "reads.csv", caseReads+datedReads(c.reads, day)),
		"--rulings", written(t, "rulings.csv", caseRulings+c.rulings), "--results", results, "--legs", legs)
	if c.legs {
		results = legs
	}
	return columnsOf(t, results, strings.Fields(c.columns))
}

// datedReads gives each line of reads its day, and a boot and number where it has none.
func datedReads(lines, day string) string {
	var dated strings.Builder
	for i, line := range strings.Split(strings.TrimSuffix(lines, "\n"), "\n") {
		fields := strings.Split(line, ",")
		if len(fields) == 3 {
			fields = append(fields, "1", fmt.Sprint(i+1))
		}
		fields[2] = day + "T" + fields[2] + "+05:00"
		dated.WriteString(strings.Join(fields, ",") + "\n")
	}
	return dated.String()
}

// columnsOf returns columns of a CSV file, a line each, divided by blanks; - stands for an empty one.
func columnsOf(t *testing.T, path string, columns []string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, record := range records[1:] {
		for i, column := range columns {
			n := slices.Index(records[0], column)
			if n < 0 {
				t.Fatalf("%s has no column %s", path, column)
			}
			if i > 0 {
				text.WriteByte(' ')
			}
			if record[n] == "" {
				record[n] = "-"
			}
			text.WriteString(record[n])
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// Gun corrected by +2.4 s after 10 000 finishes: every gun time is 2.4 s shorter, and no net time moves.
func TestAGunCorrectedAfterTenThousandFinishes(t *testing.T) {
	t.Parallel()
	var c rulesCase
	const finishers = 10_000
	var roster, reads strings.Builder
	for i := range finishers {
		fmt.Fprintf(&roster, "marathon,%d,C%d,,M,,30,,,\n", 20000+i, i)
		second := 9*3600 + 30*60 + i
		fmt.Fprintf(&reads, "line-a,C%d,07:00:%02d\nline-a,C%d,%02d:%02d:%02d\n", i, 5+i%50, i, second/3600, second/60%60, second%60)
	}
	c.roster, c.reads, c.columns = roster.String(), reads.String(), "bib gun_ms net_ms rank:overall"
	before := strings.Split(c.score(t), "\n")
	c.rulings = "r1,marathon,,GUN,A,,2025-09-28T07:00:02.4+05:00,,,photo,Starter\n"
	after := strings.Split(c.score(t), "\n")
	if len(before) != finishers+1 || len(after) != finishers+1 {
		t.Fatalf("%d and %d lines, want %d", len(before), len(after), finishers+1)
	}
	for i := range finishers {
		var bib, gun, net, rank, gunAfter int
		if _, err := fmt.Sscan(before[i], &bib, &gun, &net, &rank); err != nil {
			t.Fatal(err)
		}
		gunAfter = gun - 2400
		if want := fmt.Sprint(bib, gunAfter, net, rank); after[i] != want {
			t.Fatalf("got %q, want %q", after[i], want)
		}
	}
}
