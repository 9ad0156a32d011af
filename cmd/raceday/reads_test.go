package main

import "testing"

// A file of another year is published like any other, for a mat may have lost its clock and be corrected.
func TestPublishedReadsOfAnotherDay(t *testing.T) {
	t.Parallel()
	d := newSprintDay(t, "race,bib,chips\ndash,7,C7\n",
		"{id: x1-a, point: x1}", "{id: x1-a, point: x1, clock_offset: -72h}")
	const good = "start-a,C7,2026-09-26T00:00:00+05:00\nfinish-a,C7,2026-09-28T23:59:59.999999+05:00\nx1-a,C7,2026-09-24T08:00:00+05:00\n"
	for _, test := range []struct{ name, reads, want string }{
		{"the day before, the day after and a clock three days behind", good, ""},
		{"a moment earlier and one later", good + "start-a,C7,2026-09-25T23:59:59.999999+05:00\nstart-a,C7,2026-09-29T00:00:00+05:00\n",
			"2 of 5 reads are not of 2026-09-27, the day of the event, nor of the days around it\n"},
		{"a clock that is said to be behind and is not", "x1-a,C7,2026-09-27T08:00:00+05:00\n",
			"1 of 1 reads are not of 2026-09-27, the day of the event, nor of the days around it\n"},
	} {
		_, stderr := d.do(exitSuccess, 2, "reads", "publish", "--nats-url", d.nats, d.file("reads.csv", "mat,chip,at\n"+test.reads))
		if stderr != test.want {
			t.Errorf("%s: %q, want %q", test.name, stderr, test.want)
		}
	}
}
