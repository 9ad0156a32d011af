package race

import (
	"strconv"
	"strings"
)

// VisitAt returns the index in the course of a point written as line or line#2, which names its second visit, the start
// being the first. Without a number the first visit is meant; false where the course has no such visit.
func (r *Race) VisitAt(point string) (int, bool) {
	id, number, numbered := strings.Cut(point, "#")
	nth := 1
	if numbered {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return 0, false
		}
		nth = n
	}
	for i, visit := range r.Course {
		if visit.Point == PointID(id) {
			if nth--; nth == 0 {
				return i, true
			}
		}
	}
	return 0, false
}

// VisitName returns what VisitAt finds a visit by: its point, and of a point that the course comes to several times which
// time it is. It is empty where the course has no such visit.
func (r *Race) VisitName(visit int) string {
	if visit < 0 || visit >= len(r.Course) {
		return ""
	}
	point := r.Course[visit].Point
	nth, times := 0, 0
	for i := range r.Course {
		if r.Course[i].Point != point {
			continue
		}
		times++
		if i <= visit {
			nth++
		}
	}
	if times == 1 {
		return string(point)
	}
	return string(point) + "#" + strconv.Itoa(nth)
}
