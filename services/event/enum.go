package event

import (
	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/rules/age"
	"raceday/services/rules/race"
)

// eventStatuses tells which statuses are those of a cancelled event.
func eventStatuses() map[eventv1.EventStatus]bool {
	return map[eventv1.EventStatus]bool{
		eventv1.EventStatus_EVENT_STATUS_PLANNED:   false,
		eventv1.EventStatus_EVENT_STATUS_CANCELLED: true,
	}
}

func formats() map[eventv1.Format]race.Format {
	return map[eventv1.Format]race.Format{
		eventv1.Format_FORMAT_MARATHON:       race.Marathon,
		eventv1.Format_FORMAT_HALF_MARATHON:  race.HalfMarathon,
		eventv1.Format_FORMAT_TEN_KM:         race.TenKm,
		eventv1.Format_FORMAT_NORDIC_WALKING: race.NordicWalking,
		eventv1.Format_FORMAT_EKIDEN:         race.Ekiden,
		eventv1.Format_FORMAT_OTHER:          race.Other,
	}
}

func documentTypes() map[eventv1.DocumentType]race.DocumentType {
	return map[eventv1.DocumentType]race.DocumentType{
		eventv1.DocumentType_DOCUMENT_TYPE_MEDICAL_CERTIFICATE: race.MedicalCertificate,
		eventv1.DocumentType_DOCUMENT_TYPE_CONSENT:             race.Consent,
		eventv1.DocumentType_DOCUMENT_TYPE_IDENTITY:            race.Identity,
	}
}

func noStartReads() map[eventv1.NoStartRead]race.NoStartRead {
	return map[eventv1.NoStartRead]race.NoStartRead{
		eventv1.NoStartRead_NO_START_READ_USE_GUN:     race.UseGun,
		eventv1.NoStartRead_NO_START_READ_NO_NET_TIME: race.NoNetTime,
		eventv1.NoStartRead_NO_START_READ_NOT_RANKED:  race.NotRanked,
	}
}

func overTimes() map[eventv1.OverTime]race.OverTime {
	return map[eventv1.OverTime]race.OverTime{
		eventv1.OverTime_OVER_TIME_OTL: race.OverTimeOTL,
		eventv1.OverTime_OVER_TIME_DNF: race.OverTimeDNF,
		eventv1.OverTime_OVER_TIME_DSQ: race.OverTimeDSQ,
	}
}

func ageOns() map[eventv1.AgeOn]age.On {
	return map[eventv1.AgeOn]age.On{
		eventv1.AgeOn_AGE_ON_RACE_DAY:    age.RaceDay,
		eventv1.AgeOn_AGE_ON_YEAR_END:    age.YearEnd,
		eventv1.AgeOn_AGE_ON_BORN_BEFORE: age.BornBefore,
	}
}

func leapDays() map[eventv1.LeapDay]age.LeapDay {
	return map[eventv1.LeapDay]age.LeapDay{
		eventv1.LeapDay_LEAP_DAY_MAR_1:  age.March1,
		eventv1.LeapDay_LEAP_DAY_FEB_28: age.February28,
	}
}

func bys() map[eventv1.By]race.By {
	return map[eventv1.By]race.By{
		eventv1.By_BY_SEX:      race.BySex,
		eventv1.By_BY_AGE:      race.ByAge,
		eventv1.By_BY_CATEGORY: race.ByCategory,
		eventv1.By_BY_COUNTRY:  race.ByCountry,
		eventv1.By_BY_CLUB:     race.ByClub,
	}
}

func bases() map[eventv1.Basis]race.Basis {
	return map[eventv1.Basis]race.Basis{
		eventv1.Basis_BASIS_GUN: race.Gun,
		eventv1.Basis_BASIS_NET: race.Net,
	}
}

func scores() map[eventv1.Score]race.Score {
	return map[eventv1.Score]race.Score{
		eventv1.Score_SCORE_TIME:      race.ScoreTime,
		eventv1.Score_SCORE_AGE_GRADE: race.ScoreAgeGrade,
	}
}

func chipHolders() map[eventv1.ChipHolder]race.ChipHolder {
	return map[eventv1.ChipHolder]race.ChipHolder{
		eventv1.ChipHolder_CHIP_HOLDER_TEAM:   race.TeamChip,
		eventv1.ChipHolder_CHIP_HOLDER_MEMBER: race.MemberChip,
	}
}

func missedLegs() map[eventv1.MissedLeg]race.MissedLeg {
	return map[eventv1.MissedLeg]race.MissedLeg{
		eventv1.MissedLeg_MISSED_LEG_TEAM_DNF:             race.TeamDNF,
		eventv1.MissedLeg_MISSED_LEG_LATER_LEGS_REFERENCE: race.LaterLegsReference,
	}
}

// valueOf finds the enum's value that stands for one of the rules; unspecified if there is none.
func valueOf[E ~int32, V comparable](value V, names map[E]V) E {
	for e, v := range names {
		if v == value {
			return e
		}
	}
	return 0
}
