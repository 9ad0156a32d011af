package racetime

import "time"

// Optional is a time that may not be known.
type Optional struct {
	Time  time.Duration
	Known bool
}

// Known returns a time that is known.
func Known(t time.Duration) Optional { return Optional{t, true} }

// FromMicroseconds returns the time that Microseconds made us of.
func FromMicroseconds(us *int64) Optional {
	if us == nil {
		return Optional{}
	}
	return Known(time.Duration(*us) * time.Microsecond)
}

// Microseconds returns whole microseconds, cut; nil where the time is not known.
func (o Optional) Microseconds() *int64 {
	if !o.Known {
		return nil
	}
	us := o.Time.Microseconds()
	return &us
}
