package main

import (
	"slices"

	"raceday/services/access"
)

// roles says who may call what; a method that is not here cannot be called, and the server does not start.
func roles(running []string) map[string][]access.Role {
	everybody := []access.Role{access.Public, access.Frontend, access.Registrar, access.Timer, access.Official, access.Admin}
	entries := []access.Role{access.Frontend, access.Registrar, access.Admin}
	office := []access.Role{access.Registrar, access.Admin}
	officials := []access.Role{access.Registrar, access.Official, access.Admin}
	finish := []access.Role{access.Timer, access.Official, access.Admin}
	jury := []access.Role{access.Official, access.Admin}
	staff := []access.Role{access.Registrar, access.Timer, access.Official, access.Admin}
	admin := []access.Role{access.Admin}

	table := map[string][]access.Role{}
	serve := func(service, path string, methods map[string][]access.Role) {
		if !slices.Contains(running, service) {
			return
		}
		for method, allowed := range methods {
			table["/"+path+"/"+method] = allowed
		}
	}
	serve("event", "raceday.event.v1.EventService", map[string][]access.Role{
		"ApplyEvent": admin,
		"GetEvent":   everybody,
		"ListEvents": everybody,
	})
	serve("event", "raceday.audit.v1.AuditService", map[string][]access.Role{
		"ListActions":   jury,
		"VerifyActions": jury,
	})
	serve("registration", "raceday.registration.v1.RegistrationService", map[string][]access.Role{
		"RegisterPerson":     entries,
		"RegisterTeam":       entries,
		"ConfirmPayment":     entries,
		"AcceptOffer":        entries,
		"Withdraw":           entries,
		"TransferEntry":      entries,
		"JoinTeam":           entries,
		"SubstituteMember":   entries,
		"SetNameShown":       entries,
		"RecordGuardian":     entries,
		"GetEntry":           slices.Concat(entries, []access.Role{access.Official}),
		"GetVacancies":       everybody,
		"WatchVacancies":     everybody,
		"RegisterLate":       office,
		"RecordDocument":     office,
		"GetPapers":          office,
		"ListEntries":        officials,
		"ListMisfits":        officials,
		"GetTotals":          officials,
		"SetCapacity":        office,
		"CloseRegistration":  office,
		"ReopenRegistration": office,
		"CorrectEntry":       office,
		"AssignBibs":         office,
		"AssignChips":        office,
		"SwapChips":          office,
		"CheckIn":            office,
		"ImportRoster":       office,
		"ExportRoster":       officials,
		"EraseEntry":         office,
	})
	serve("timing", "raceday.timing.v1.TimingService", map[string][]access.Role{
		"FireGun":              finish,
		"RecordRuling":         jury,
		"RecordRulings":        jury,
		"ListRulings":          finish,
		"ListReads":            finish,
		"ListRejectedMessages": finish,
		"ExplainResult":        finish,
		"ExplainChip":          finish,
		"ListUnknownChips":     staff,
		"ListMats":             finish,
		"WatchMats":            finish,
	})
	serve("standings", "raceday.standings.v1.StandingsService", map[string][]access.Role{
		"GetStandings":        everybody,
		"GetSplitStandings":   everybody,
		"WatchStandings":      everybody,
		"GetLegStandings":     everybody,
		"WatchLegStandings":   everybody,
		"GetResult":           everybody,
		"WatchResult":         everybody,
		"GetProgress":         everybody,
		"ListLists":           everybody,
		"ListOnCourse":        staff,
		"ListAnomalies":       finish,
		"ListCards":           finish,
		"ListAwards":          staff,
		"AnnounceAwards":      jury,
		"HandOverAward":       jury,
		"TakeBackAward":       jury,
		"GetAwardHistory":     staff,
		"ExportResults":       staff,
		"ExportFacts":         jury,
		"PublishOfficialList": jury,
		"ListOpenMatters":     staff,
		"GetOfficialList":     everybody,
		"ListOfficialLists":   everybody,
		"DiffOfficialLists":   everybody,
		"RecordCourseRecord":  jury,
		"ImportCourseRecords": jury,
		"ListCourseRecords":   everybody,
		"ImportEditions":      jury,
		"ListEditions":        everybody,
		"Rebuild":             admin,
	})
	return table
}
