// Package agegrade compares times across ages and sexes by the road factors USATF MLDR 2025. They are for running alone: not
// for Nordic walking, wheelchairs or legs of a relay. [RULES.md, Lists, awards, championships]
package agegrade

import (
	"math"
	"slices"
	"time"

	"raceday/services/rules/race"
)

const (
	firstAge = 5
	lastAge  = 100
	ages     = lastAge - firstAge + 1
)

// table holds the factors of one sex at one distance.
type table struct {
	millimetres int64
	// openSeconds is the open standard: the time of the best of any age.
	openSeconds int64
	// factors are in ten-thousandths, by age from firstAge.
	factors [ages]uint16
}

// Standard returns the age standard, open standard divided by factor, rounded to whole microseconds. Distances of the tables
// have their own factors; those between 5 and 42.195 km lie between their neighbours, see between. It is false where there is
// no standard: sex X or not known, an age below 5 or above 100, another distance.
func Standard(sex race.Sex, ageYears int, distanceMillimetres int64) (time.Duration, bool) {
	tables := tablesOf(sex)
	if tables == nil || ageYears < firstAge || ageYears > lastAge {
		return 0, false
	}
	i := ageYears - firstAge
	at, exact := slices.BinarySearchFunc(tables, distanceMillimetres, func(t table, mm int64) int { return int(t.millimetres - mm) })
	if exact {
		t := &tables[at]
		return divide(t.openSeconds*int64(time.Second/time.Microsecond)*factorUnit, int64(t.factors[i])*(factorUnit/1e4)), true
	}
	if distanceMillimetres < anchors[0] || distanceMillimetres > anchors[len(anchors)-1] {
		return 0, false
	}
	factor, open := between(tables, at, i, distanceMillimetres)
	return divide(open*factorUnit, factor), true
}

// Percent returns the age grade of a time, 100 × standard / time, in hundredths of a percent: 6184 is 61.84 %. It is false
// where there is no standard or the time is not positive.
func Percent(sex race.Sex, ageYears int, distanceMillimetres int64, t time.Duration) (hundredths int64, ok bool) {
	standard, ok := Standard(sex, ageYears, distanceMillimetres)
	if !ok || t < time.Microsecond {
		return 0, false
	}
	us := t.Microseconds()
	return (standard.Microseconds()*10_000 + us/2) / us, true
}

func tablesOf(sex race.Sex) []table {
	switch sex {
	case race.Male:
		return men
	case race.Female:
		return women
	default:
		return nil
	}
}

// factorUnit is the whole that factors are parts of, finer than the tables' so that those in between keep six decimals.
const factorUnit = 1_000_000

// anchors are the distances that factors in between are taken from.
var anchors = [...]int64{5_000_000, 10_000_000, 21_097_500, 42_195_000}

// between returns the factor in millionths and the open standard in microseconds of a distance that has no table and comes
// before tables[next]. The factor is linear in the logarithm of the distance between the anchors. The open standard, about
// which the source is silent, keeps its pace linear in the same way between the neighbouring tables, which meets the tables'
// own standards within a few seconds. Both are rounded before they are used, so that every machine finds the same.
func between(tables []table, next, age int, mm int64) (factor, openMicroseconds int64) {
	above := 1
	for anchors[above] < mm {
		above++
	}
	share := position(mm, anchors[above-1], anchors[above])
	low, high := factorAt(tables, anchors[above-1], age), factorAt(tables, anchors[above], age)
	factor = int64(math.Round(low + share*(high-low)))

	below, beyond := &tables[next-1], &tables[next]
	share = position(mm, below.millimetres, beyond.millimetres)
	low, high = below.pace(), beyond.pace()
	return factor, int64(math.Round((low + share*(high-low)) * float64(mm)))
}

// position is where the logarithm of a distance lies between those of two others, 0 to 1.
func position(mm, low, high int64) float64 {
	return math.Log(float64(mm)/float64(low)) / math.Log(float64(high)/float64(low))
}

// factorAt returns the factor of a distance that has a table, in millionths.
func factorAt(tables []table, mm int64, age int) float64 {
	i := slices.IndexFunc(tables, func(t table) bool { return t.millimetres == mm })
	return float64(tables[i].factors[age]) * (factorUnit / 1e4)
}

// pace is in microseconds per millimetre.
func (t *table) pace() float64 { return float64(t.openSeconds) * 1e6 / float64(t.millimetres) }

func divide(a, b int64) time.Duration { return time.Duration((a+b/2)/b) * time.Microsecond }
