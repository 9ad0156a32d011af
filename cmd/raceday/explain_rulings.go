package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/rules/racetime"
)

func (s *sheet) rulings() section {
	lines, hidden := [][]string{{"RULING", "KIND", "BIB", "WHAT", "BY", "BECAUSE", "STANDS"}}, 0
	for _, explained := range s.x.GetRulings() {
		r := explained.GetRuling()
		if !s.everyRuling && s.past(explained) {
			hidden++
			continue
		}
		stands := "yes"
		switch {
		case explained.GetRevokedBy() != "":
			stands = "no, revoked by " + explained.GetRevokedBy()
		case !explained.GetStands():
			stands = "no, a later one does"
		}
		lines = append(lines, []string{r.GetId(), strings.TrimPrefix(r.GetKind().String(), "RULING_KIND_"), cmp.Or(r.GetBib(), "-"),
			cmp.Or(s.what(r), "-"), cmp.Or(r.GetBy(), "-"), cmp.Or(r.GetReason(), "-"), stands})
	}
	var notes []string
	if hidden > 0 {
		notes = []string{fmt.Sprintf("not shown: %d on the whole race that do not stand or that revoke such; --all shows them", hidden)}
	}
	return section{"RULINGS", lines, notes}
}

// past reports whether a ruling on the whole race does not stand, or revokes such a ruling; nothing of the result follows
// from either.
func (s *sheet) past(explained *timingv1.ExplainedRuling) bool {
	about := explained
	for range s.x.GetRulings() { // no longer than the longest chain of revocations
		if about.GetRuling().GetKind() != timingv1.RulingKind_RULING_KIND_REVOKE {
			break
		}
		i := slices.IndexFunc(s.x.GetRulings(), func(e *timingv1.ExplainedRuling) bool {
			return e.GetRuling().GetId() == about.GetRuling().GetTarget()
		})
		if i < 0 {
			return false
		}
		about = s.x.GetRulings()[i]
	}
	return about.GetRuling().GetBib() == "" && (about != explained || !explained.GetStands())
}

// what writes what a ruling is about: its target, point, instant, time and rule.
func (s *sheet) what(r *timingv1.Ruling) string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	add(r.GetTarget())
	add(r.GetPoint())
	if r.GetAt() != nil {
		add(s.clock(r.GetAt()))
	}
	if r.GetDuration() != nil {
		add(racetime.Official(r.GetDuration().AsDuration(), s.rounding()))
	}
	if r.GetRule() != "" {
		add("rule " + r.GetRule())
	}
	return strings.Join(parts, " ")
}
