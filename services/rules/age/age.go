// Package age counts ages on a race's reference day and divides them into groups. All dates are civil.
package age

import (
	"time"

	"raceday/services/rules/civil"
)

// On is the reference day of ages.
type On int

// The reference days. [RULES.md, Ages]
const (
	// RaceDay takes the exact age on the event's day.
	RaceDay On = iota
	// YearEnd takes the age on 31 December of the event's year.
	YearEnd
	// BornBefore admits who was born before a date, and takes groups by the age on the event's day.
	BornBefore
)

// LeapDay says when those born on 29 February have their birthday in common years.
type LeapDay int

// The birthdays of 29 February in common years.
const (
	March1 LeapDay = iota
	February28
)

// Rule says on which day a race takes ages.
type Rule struct {
	On      On
	LeapDay LeapDay
	// Before is used by BornBefore only.
	Before civil.Day
}

// Years returns the age that groups are taken by, in completed years; it is negative for births after the reference day.
func (r Rule) Years(birth, eventDay civil.Day) int {
	reference := eventDay
	if r.On == YearEnd {
		reference = civil.Day{Year: eventDay.Year, Month: time.December, Day: 31}
	}
	return Years(birth, reference, r.LeapDay)
}

// OldEnough reports whether someone born on birth has reached minYears by the race's rule.
func (r Rule) OldEnough(birth, eventDay civil.Day, minYears int) bool {
	if r.On == BornBefore {
		return birth.Before(r.Before)
	}
	return r.Years(birth, eventDay) >= minYears
}

// Years returns the completed years between birth and day: a year is complete on the birthday itself.
func Years(birth, day civil.Day, leapDay LeapDay) int {
	month, dayOfMonth := birth.Month, birth.Day
	if month == time.February && dayOfMonth == 29 && !leapYear(day.Year) {
		if leapDay == February28 {
			dayOfMonth = 28
		} else {
			month, dayOfMonth = time.March, 1
		}
	}
	years := day.Year - birth.Year
	if day.Month < month || day.Month == month && day.Day < dayOfMonth {
		years--
	}
	return years
}

func leapYear(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }
