package event

import (
	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/rules/age"
	"raceday/services/rules/race"
)

// race starts from the defaults of the format and takes what the message gives.
func (c *converter) race(at string, m *eventv1.Race) race.Race {
	if m.GetFormat() == eventv1.Format_FORMAT_UNSPECIFIED {
		c.fault(at+".format", "is missing")
	}
	r := race.New(named(c, at+".format", m.GetFormat(), formats()))
	r.ID, r.Name = race.ID(m.GetId()), m.GetName()
	if m.GetDistanceMetres() != 0 {
		r.DistanceMillimetres = c.millimetres(at+".distance_metres", m.GetDistanceMetres())
	}
	if m.MinAge != nil {
		r.MinAgeYears = int(m.GetMinAge())
	}
	r.MaxAgeYears = c.most(at+".max_age", m.MaxAge)
	r.Capacity = c.most(at+".capacity", m.Capacity)
	r.Registration = c.registration(at+".registration", m.GetRegistration(), r.Registration)
	r.Fees = c.fees(at+".fees", m.GetFees())
	r.Waves = c.waves(at+".waves", m.GetWaves())
	r.LateStart = c.duration(at+".late_start", m.GetLateStart(), r.LateStart)
	r.NoStartRead = named(c, at+".no_start_read", m.GetNoStartRead(), noStartReads())
	r.Course = c.course(at+".course", m.GetCourse())
	r.FastestPace = c.duration(at+".fastest_pace", m.GetFastestPace(), r.FastestPace)
	r.CrossingGap = c.duration(at+".crossing_gap", m.GetCrossingGap(), r.CrossingGap)
	r.OverTime = named(c, at+".over_time", m.GetOverTime(), overTimes())
	r.Rounding = c.duration(at+".rounding", m.GetRounding(), r.Rounding)
	r.ProtestTime = c.duration(at+".protest_time", m.GetProtestTime(), r.ProtestTime)
	r.Age = age.Rule{
		On:      named(c, at+".age.on", m.GetAge().GetOn(), ageOns()),
		LeapDay: named(c, at+".age.leap_day", m.GetAge().GetLeapDay(), leapDays()),
		Before:  c.day(at+".age.date", m.GetAge().GetDate()),
	}
	if len(m.GetClassifications()) > 0 {
		r.Classifications = c.classifications(at+".classifications", m.GetClassifications())
	}
	for _, award := range m.GetAwards() {
		r.Awards = append(r.Awards, race.Award{
			Classification:   race.ClassificationID(award.GetClassification()),
			Ranks:            int(award.GetRanks()),
			Exclusive:        award.GetExclusive(),
			MinimumFinishers: int(award.GetMinimumFinishers()),
		})
	}
	if m.GetTeam() != nil {
		r.Team = c.team(at+".team", m.GetTeam(), r.Team)
	}
	if m.GetNordic() != nil {
		r.Nordic = c.nordic(at+".nordic", m.GetNordic())
	}
	r.Documents = c.documents(at+".documents", m.GetDocuments())
	r.RecordCourse = race.CourseID(m.GetRecordCourse())
	return r
}

func (c *converter) registration(at string, m *eventv1.Registration, byDefault race.Registration) race.Registration {
	return race.Registration{
		OpensAt:       c.instant(at+".opens_at", m.GetOpensAt()),
		ClosesAt:      c.instant(at+".closes_at", m.GetClosesAt()),
		Hold:          c.duration(at+".hold", m.GetHold(), byDefault.Hold),
		Offer:         c.duration(at+".offer", m.GetOffer(), byDefault.Offer),
		Waitlist:      int(m.GetWaitlist()),
		TransferUntil: c.instant(at+".transfer_until", m.GetTransferUntil()),
	}
}

func (c *converter) fees(at string, list []*eventv1.Fee) []race.Fee {
	var fees []race.Fee
	for i, m := range list {
		path := index(at, i)
		fees = append(fees, race.Fee{
			Until:          c.instant(path+".until", m.GetUntil()),
			AmountMinor:    c.decimal(path+".amount", m.GetAmount(), 2),
			CharityPercent: int(m.GetCharityPercent()),
		})
	}
	return fees
}

func (c *converter) waves(at string, list []*eventv1.Wave) []race.Wave {
	var waves []race.Wave
	for i, m := range list {
		path := index(at, i)
		wave := race.Wave{
			ID:          race.WaveID(m.GetId()),
			Gun:         c.instant(path+".gun", m.GetGun()),
			MaxEntrants: c.most(path+".max_entrants", m.MaxEntrants),
		}
		for j, text := range m.GetBibs() {
			bibs, err := race.ParseBibRange(text)
			if err != nil {
				c.fault(index(path+".bibs", j), short(text)+" is "+err.Error())
				bibs = race.BibRange{First: 1, Last: -1} // Holds no bib and keeps the place.
			}
			wave.Bibs = append(wave.Bibs, bibs)
		}
		waves = append(waves, wave)
	}
	return waves
}

func (c *converter) course(at string, list []*eventv1.Visit) []race.Visit {
	var course []race.Visit
	for i, m := range list {
		path := index(at, i)
		limits := path + ".cut_off"
		course = append(course, race.Visit{
			Point:         race.PointID(m.GetPoint()),
			AtMillimetres: c.millimetres(path+".at_metres", m.GetAtMetres()),
			CutOff: race.CutOff{
				AfterGun:   c.limit(limits+".after_gun", m.GetCutOff().GetAfterGun()),
				AfterStart: c.limit(limits+".after_start", m.GetCutOff().GetAfterStart()),
				Clock:      c.instant(limits+".clock", m.GetCutOff().GetClock()),
			},
		})
	}
	return course
}

func (c *converter) classifications(at string, list []*eventv1.Classification) []race.Classification {
	var classifications []race.Classification
	for i, m := range list {
		path := index(at, i)
		classification := race.Classification{
			ID:    race.ClassificationID(m.GetId()),
			Basis: named(c, path+".basis", m.GetBasis(), bases()),
			Tag:   m.GetTag(),
			Score: named(c, path+".score", m.GetScore(), scores()),
		}
		for j, by := range m.GetBy() {
			if by == eventv1.By_BY_UNSPECIFIED {
				c.fault(index(path+".by", j), "is missing")
			}
			classification.By = append(classification.By, named(c, index(path+".by", j), by, bys()))
		}
		for _, first := range m.GetBands() {
			classification.Bands = append(classification.Bands, int(first))
		}
		classifications = append(classifications, classification)
	}
	return classifications
}

// team takes what the message gives over the format's own team, which is nil where the format has none.
func (c *converter) team(at string, m *eventv1.Team, byDefault *race.Team) *race.Team {
	team := &race.Team{}
	if byDefault != nil {
		*team = *byDefault
	}
	if m.GetSize() != 0 {
		team.Size = int(m.GetSize())
	}
	team.Reserves = int(m.GetReserves())
	team.MinWomen = int(m.GetMinWomen())
	team.Chip = named(c, at+".chip", m.GetChip(), chipHolders())
	team.MissedLeg = named(c, at+".missed_leg", m.GetMissedLeg(), missedLegs())
	for i, leg := range m.GetLegs() {
		path := index(at+".legs", i)
		team.Legs = append(team.Legs, race.Leg{
			To:                race.PointID(leg.GetTo()),
			LengthMillimetres: c.millimetres(path+".metres", leg.GetMetres()),
			ForcedStart:       c.instant(path+".forced_start", leg.GetForcedStart()),
		})
	}
	for _, category := range m.GetCategories() {
		team.Categories = append(team.Categories, race.TeamCategory{
			Name:     category.GetName(),
			MinWomen: int(category.GetMinWomen()),
			MinMen:   int(category.GetMinMen()),
		})
	}
	team.CompleteUntil = c.instant(at+".complete_until", m.GetCompleteUntil())
	team.SubstituteUntil = c.instant(at+".substitute_until", m.GetSubstituteUntil())
	return team
}

func (c *converter) nordic(at string, m *eventv1.Nordic) *race.Nordic {
	nordic := &race.Nordic{
		YellowCard:  c.duration(at+".yellow_card", m.GetYellowCard(), race.DefaultYellowCard),
		YellowToDSQ: race.DefaultYellowToDSQ,
	}
	if m.GetYellowToDsq() != 0 {
		nordic.YellowToDSQ = int(m.GetYellowToDsq())
	}
	return nordic
}

func (c *converter) documents(at string, list []*eventv1.Document) []race.Document {
	var documents []race.Document
	for i, m := range list {
		path := index(at, i)
		if m.GetType() == eventv1.DocumentType_DOCUMENT_TYPE_UNSPECIFIED {
			c.fault(path+".type", "is missing")
		}
		documents = append(documents, race.Document{
			Type:         named(c, path+".type", m.GetType(), documentTypes()),
			FromAgeYears: int(m.GetFromAge()),
			ToAgeYears:   c.most(path+".to_age", m.ToAge),
		})
	}
	return documents
}
