package race

import "slices"

// registration checks when a race takes entries and whom it lets wait. Entries may be passed on after closing too.
func (c *check) registration(at string, r *Race) {
	c.after(at+".closes_at", r.Registration.ClosesAt, r.Registration.OpensAt, "opens_at")
	c.duration(at+".hold", r.Registration.Hold)
	if r.Registration.Offer == 0 {
		c.fault(at+".offer", "is not above zero")
	}
	c.duration(at+".offer", r.Registration.Offer)
	switch waitlist := r.Registration.Waitlist; {
	case waitlist < 0:
		c.fault(at+".waitlist", "%d is negative", waitlist)
	case waitlist > 0 && r.Capacity == 0:
		c.fault(at+".waitlist", "stands with a capacity only")
	}
}

func (c *check) fees(at string, fees []Fee) {
	for i, fee := range fees {
		path := index(at, i)
		if fee.Until == 0 && i < len(fees)-1 {
			c.fault(path+".until", "is missing; only the last fee is without end")
		}
		if i > 0 {
			c.after(path+".until", fee.Until, fees[i-1].Until, "that of the fee before")
		}
		if fee.AmountMinor < 0 {
			c.fault(path+".amount", "is negative")
		}
		if fee.CharityPercent < 0 || fee.CharityPercent > 100 {
			c.fault(path+".charity_percent", "%d is not from 0 to 100", fee.CharityPercent)
		}
	}
}

// documents checks that no document is asked for twice at an age.
func (c *check) documents(at string, documents []Document) {
	placed := map[DocumentType][]int{}
	for i, document := range documents {
		path := index(at, i)
		others := placed[document.Type]
		same := slices.IndexFunc(others, func(j int) bool { return document.meets(documents[j]) })
		switch {
		case document.FromAgeYears < 0:
			c.fault(path+".from_age", "%d is negative", document.FromAgeYears)
		case document.ToAgeYears < 0:
			c.fault(path+".to_age", "%d is negative", document.ToAgeYears)
		case document.ToAgeYears != 0 && document.ToAgeYears < document.FromAgeYears:
			c.fault(path+".to_age", "%d is below the from_age of %d", document.ToAgeYears, document.FromAgeYears)
		case same >= 0:
			c.fault(path, "is asked for at the same ages, see documents[%d]", others[same])
		default:
			placed[document.Type] = append(others, i)
		}
	}
}

// meets reports whether the bands of two documents share an age.
func (d Document) meets(other Document) bool {
	return (d.ToAgeYears == 0 || other.FromAgeYears <= d.ToAgeYears) &&
		(other.ToAgeYears == 0 || d.FromAgeYears <= other.ToAgeYears)
}
