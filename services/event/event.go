// Package event owns what is run, where and by which rules: the event file, its conversion to and from the message
// raceday.event.v1.Event, and the versions of an event. What the fields mean is written in rules/race; who runs is not known
// here.
package event
