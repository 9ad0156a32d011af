package event

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// ToMessage describes an event as a message with every default written out, except that a planned event and a race without
// a waitlist do not say so. FromMessage gives the same event back.
func ToMessage(e *race.Event) *eventv1.Event {
	m := &eventv1.Event{
		Id:       string(e.ID),
		Name:     e.Name,
		Day:      e.Day.String(),
		TimeZone: e.TimeZone,
		Currency: e.Currency,
	}
	if e.Cancelled { // That an event is planned goes without saying.
		m.Status = eventv1.EventStatus_EVENT_STATUS_CANCELLED
	}
	for _, point := range e.Points {
		m.Points = append(m.Points, &eventv1.Point{Id: string(point)})
	}
	for _, mat := range e.Mats {
		lies := &eventv1.Mat{
			Id:     string(mat.ID),
			Point:  string(mat.Point),
			Backup: mat.Backup,
			From:   instantMessage(mat.From),
			Until:  instantMessage(mat.Until),
		}
		if mat.ClockOffset != 0 {
			lies.ClockOffset = durationpb.New(mat.ClockOffset)
		}
		m.Mats = append(m.Mats, lies)
	}
	for i := range e.Races {
		m.Races = append(m.Races, raceMessage(&e.Races[i]))
	}
	return m
}

func raceMessage(r *race.Race) *eventv1.Race {
	m := &eventv1.Race{
		Id:             string(r.ID),
		Name:           r.Name,
		Format:         valueOf(r.Format, formats()),
		DistanceMetres: metres(r.DistanceMillimetres),
		MinAge:         new(int32(r.MinAgeYears)),
		MaxAge:         numberMessage(r.MaxAgeYears),
		Capacity:       numberMessage(r.Capacity),
		Registration:   registrationMessage(r.Registration),
		LateStart:      durationpb.New(r.LateStart),
		NoStartRead:    valueOf(r.NoStartRead, noStartReads()),
		FastestPace:    durationpb.New(r.FastestPace),
		CrossingGap:    durationpb.New(r.CrossingGap),
		OverTime:       valueOf(r.OverTime, overTimes()),
		Rounding:       durationpb.New(r.Rounding),
		ProtestTime:    durationpb.New(r.ProtestTime),
		Age: &eventv1.AgeRule{
			On:      valueOf(r.Age.On, ageOns()),
			LeapDay: valueOf(r.Age.LeapDay, leapDays()),
			Date:    r.Age.Before.String(),
		},
	}
	for _, fee := range r.Fees {
		m.Fees = append(m.Fees, &eventv1.Fee{
			Until:          instantMessage(fee.Until),
			Amount:         float64(fee.AmountMinor) / 100,
			CharityPercent: int32(fee.CharityPercent),
		})
	}
	for _, wave := range r.Waves {
		m.Waves = append(m.Waves, waveMessage(wave))
	}
	for _, visit := range r.Course {
		m.Course = append(m.Course, visitMessage(visit))
	}
	for _, classification := range r.Classifications {
		m.Classifications = append(m.Classifications, classificationMessage(classification))
	}
	for _, award := range r.Awards {
		m.Awards = append(m.Awards, &eventv1.Award{
			Classification:   string(award.Classification),
			Ranks:            int32(award.Ranks),
			Exclusive:        award.Exclusive,
			MinimumFinishers: int32(award.MinimumFinishers),
		})
	}
	if r.Team != nil {
		m.Team = teamMessage(r.Team)
	}
	if r.Nordic != nil {
		m.Nordic = &eventv1.Nordic{
			YellowCard:  durationpb.New(r.Nordic.YellowCard),
			YellowToDsq: int32(r.Nordic.YellowToDSQ),
		}
	}
	m.RecordCourse = string(r.RecordCourse) // That it is named as the race is goes without saying.
	for _, document := range r.Documents {
		m.Documents = append(m.Documents, &eventv1.Document{
			Type:    valueOf(document.Type, documentTypes()),
			FromAge: numberMessage(document.FromAgeYears),
			ToAge:   numberMessage(document.ToAgeYears),
		})
	}
	return m
}

// registrationMessage leaves the default offer out where nobody can wait for one: canonical files from before there were
// waitlists stay what they were, so that applying them again changes nothing.
func registrationMessage(registration race.Registration) *eventv1.Registration {
	m := &eventv1.Registration{
		OpensAt:       instantMessage(registration.OpensAt),
		ClosesAt:      instantMessage(registration.ClosesAt),
		Hold:          durationpb.New(registration.Hold),
		Waitlist:      numberMessage(registration.Waitlist),
		TransferUntil: instantMessage(registration.TransferUntil),
	}
	if registration.Waitlist != 0 || registration.Offer != race.DefaultOffer {
		m.Offer = durationpb.New(registration.Offer)
	}
	return m
}

func waveMessage(wave race.Wave) *eventv1.Wave {
	m := &eventv1.Wave{
		Id: string(wave.ID), Gun: instantMessage(wave.Gun), MaxEntrants: numberMessage(wave.MaxEntrants),
	}
	for _, bibs := range wave.Bibs {
		m.Bibs = append(m.Bibs, bibs.String())
	}
	return m
}

func visitMessage(visit race.Visit) *eventv1.Visit {
	m := &eventv1.Visit{Point: string(visit.Point), AtMetres: metres(visit.AtMillimetres)}
	if visit.CutOff == (race.CutOff{}) {
		return m
	}
	m.CutOff = &eventv1.CutOff{Clock: instantMessage(visit.CutOff.Clock)}
	if visit.CutOff.AfterGun != 0 {
		m.CutOff.AfterGun = durationpb.New(visit.CutOff.AfterGun)
	}
	if visit.CutOff.AfterStart != 0 {
		m.CutOff.AfterStart = durationpb.New(visit.CutOff.AfterStart)
	}
	return m
}

func classificationMessage(classification race.Classification) *eventv1.Classification {
	m := &eventv1.Classification{
		Id:    string(classification.ID),
		Basis: valueOf(classification.Basis, bases()),
		Tag:   classification.Tag,
		Score: valueOf(classification.Score, scores()),
	}
	for _, by := range classification.By {
		m.By = append(m.By, valueOf(by, bys()))
	}
	for _, first := range classification.Bands {
		m.Bands = append(m.Bands, int32(first))
	}
	return m
}

func teamMessage(team *race.Team) *eventv1.Team {
	m := &eventv1.Team{
		Size:      int32(team.Size),
		Reserves:  int32(team.Reserves),
		MinWomen:  int32(team.MinWomen),
		Chip:      valueOf(team.Chip, chipHolders()),
		MissedLeg: valueOf(team.MissedLeg, missedLegs()),
	}
	for _, leg := range team.Legs {
		m.Legs = append(m.Legs, &eventv1.Leg{
			To:          string(leg.To),
			Metres:      metres(leg.LengthMillimetres),
			ForcedStart: instantMessage(leg.ForcedStart),
		})
	}
	for _, category := range team.Categories {
		m.Categories = append(m.Categories, &eventv1.TeamCategory{
			Name:     category.Name,
			MinWomen: numberMessage(category.MinWomen),
			MinMen:   numberMessage(category.MinMen),
		})
	}
	m.CompleteUntil = instantMessage(team.CompleteUntil)
	m.SubstituteUntil = instantMessage(team.SubstituteUntil)
	return m
}

// instantMessage leaves the zero Instant, which is not given, unset.
func instantMessage(at racetime.Instant) *timestamppb.Timestamp {
	if at == 0 {
		return nil
	}
	return timestamppb.New(at.Time())
}

// numberMessage leaves zero, which is not given, unset.
func numberMessage(n int) *int32 {
	if n == 0 {
		return nil
	}
	return new(int32(n))
}

// metres is exact both ways: the nearest double to three decimals, of which converter.decimal reads them back.
func metres(millimetres int64) float64 { return float64(millimetres) / 1000 }
