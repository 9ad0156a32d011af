package race

// course checks the visits: they begin at 0, go on, and end at the distance.
func (c *check) course(at string, r *Race) {
	if len(r.Course) < 2 {
		c.fault(at, "has %d visits and needs a start and a finish", len(r.Course))
	}
	for i, visit := range r.Course {
		path := index(at, i)
		c.point(path+".point", visit.Point)
		switch {
		case i == 0 && visit.AtMillimetres != 0:
			c.fault(path+".at_metres", "%s is not 0, where a course starts", metres(visit.AtMillimetres))
		case i > 0 && visit.AtMillimetres <= r.Course[i-1].AtMillimetres:
			c.fault(path+".at_metres", "%s is not beyond the visit before at %s",
				metres(visit.AtMillimetres), metres(r.Course[i-1].AtMillimetres))
		case i > 0 && i == len(r.Course)-1 && visit.AtMillimetres != r.DistanceMillimetres:
			c.fault(path+".at_metres", "%s is not the distance of %s, where a course ends",
				metres(visit.AtMillimetres), metres(r.DistanceMillimetres))
		}
		c.duration(path+".cut_off.after_gun", visit.CutOff.AfterGun)
		c.duration(path+".cut_off.after_start", visit.CutOff.AfterStart)
	}
}

// relay checks who a race is entered by: persons or teams.
func (c *check) relay(at string, r *Race) {
	path := at + ".team"
	switch {
	case r.Team == nil && r.Format == Ekiden:
		c.fault(path, "is missing")
	case r.Team == nil:
	case r.Format != Ekiden && r.Format != Other:
		c.fault(path, "stands with EKIDEN and OTHER only")
	default:
		c.team(path, r)
		if r.Format == Ekiden && len(r.Team.Legs) == 0 {
			c.handOvers(at+".course", r)
		} else {
			c.legs(path+".legs", r)
		}
	}
}

// handOvers checks the course of an EKIDEN without legs: every visit after the start ends one of the format's legs.
func (c *check) handOvers(at string, r *Race) {
	lengths := r.Format.Rules().LegMillimetres
	if len(r.Course) != len(lengths)+1 {
		c.fault(at, "has %d visits after the start and an EKIDEN without legs has %d",
			max(len(r.Course)-1, 0), len(lengths))
		return
	}
	end := int64(0)
	for i, length := range lengths[:len(lengths)-1] { // The finish is checked with the distance.
		end += length
		if got := r.Course[i+1].AtMillimetres; got != end {
			c.fault(index(at, i+1)+".at_metres", "%s is not the format's %s, where leg %d ends",
				metres(got), metres(end), i+1)
		}
	}
}

func (c *check) legs(at string, r *Race) {
	legs, sum := r.Team.Legs, int64(0)
	if len(legs) != r.Team.Size {
		c.fault(at, "%d legs are not one for each of %d members", len(legs), r.Team.Size)
	}
	known := true
	for i, leg := range legs {
		c.point(index(at, i)+".to", leg.To)
		known = known && c.points[leg.To]
		if leg.LengthMillimetres <= 0 {
			c.fault(index(at, i)+".metres", "%s is not above 0", metres(leg.LengthMillimetres))
		}
		sum += leg.LengthMillimetres
	}
	if len(legs) > 0 && sum != r.DistanceMillimetres {
		c.fault(at, "sum to %s, not to the distance of %s", metres(sum), metres(r.DistanceMillimetres))
	}
	if known {
		c.legEnds(at, r)
	}
}

func (c *check) legEnds(at string, r *Race) {
	ends, ok := r.LegEnds()
	last := len(ends) - 1
	switch {
	case !ok:
		next := len(ends)
		c.fault(index(at, next)+".to", "%q is no visit after the leg before", r.Team.Legs[next].To)
	case last >= 0 && ends[last] != len(r.Course)-1:
		c.fault(index(at, last)+".to", "%q is not the finish, where the last leg ends", r.Team.Legs[last].To)
	}
}
