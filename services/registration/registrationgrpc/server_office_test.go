package registrationgrpc_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/grpc/status"

	registrationv1 "raceday/proto/raceday/registration/v1"
)

func TestRegisterLateGoesBeyondTheCapacity(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.enter(t, "ten", "Ann")
	o.enter(t, "ten", "Ben")
	late := func(id, more string) string {
		return fmt.Sprintf(`{"person": {"eventId": "e", "race": "ten", "requestId": %q, "person": %s}%s}`, id, person("Cem"), more)
	}
	refused(t, o.RegisterLate, late("l0", ""), "REASON_MISSING", "reason")
	made := call(t, o.RegisterLate, late("l1", `, "reason": "sponsor"`)).GetEntry()
	if made.GetState() != registrationv1.EntryState_ENTRY_STATE_HELD || made.GetSecondEntry() {
		t.Errorf("late: %v, want it held", made)
	}
	refused(t, o.RegisterLate, late("l2", `, "reason": "again"`), "ALREADY_ENTERED", "person.person")
	second := call(t, o.RegisterLate, late("l3", `, "reason": "again", "allowSecondEntry": true`)).GetEntry()
	if !second.GetSecondEntry() {
		t.Errorf("a second entry: %v, want it marked", second)
	}
	refused(t, o.RegisterLate, `{"person": {"eventId": "e", "race": "ten", "requestId": "l4", "person": {"name": "Dan"}}, "reason": "x"}`,
		"SEX_MISSING", "person.person.sex", "person.person.birth_date")
	refused(t, o.RegisterLate, `{"team": {"eventId": "e", "race": "relay", "requestId": "l5", "team": {"name": "T"},
		"members": [{"leg": 1, "person": {"birthDate": "?"}}]}, "reason": "x"}`, "BIRTH_DATE_INVALID", "team.members[0].person.birth_date")
	refused(t, o.RegisterLate, `{"person": {"eventId": "e", "race": "ten"}, "reason": "x"}`, "REQUEST_ID_INVALID", "person.request_id")
	refused(t, o.RegisterLate, `{"reason": "x"}`, "REQUEST_ID_INVALID", "request_id")
	team := call(t, o.RegisterLate, `{"team": {"eventId": "e", "race": "relay", "requestId": "l6", "team": {"name": "T"}, "members": [
		{"leg": 1, "person": `+person("Dan")+`}, {"leg": 2, "person": `+person("Eva")+`}]}, "reason": "x"}`).GetEntry()
	if len(team.GetMembers()) != 2 {
		t.Errorf("a late team: %v", team)
	}
}

func TestPapersAreSeenBeforeABibIsHandedOut(t *testing.T) {
	t.Parallel()
	o := open(t)
	of := fmt.Sprintf(`"reference": %q`, o.enter(t, "half", "Ann").GetReference())
	refused(t, o.CheckIn, `{"requestId": "c0", `+of+`}`, "CHECK_IN_REFUSED", "bib", "chips", "identity_seen", "age_confirmed", "person")
	refused(t, o.RecordDocument, `{"requestId": "d0", `+of+`}`, "DOCUMENT_INVALID", "document.type")
	refused(t, o.RecordDocument, `{"requestId": "d0", `+of+`, "document": {"type": "DOCUMENT_TYPE_IDENTITY", "validUntil": "soon"}}`,
		"DOCUMENT_INVALID", "document.valid_until")
	refused(t, o.RecordDocument, `{"requestId": "d0", "member": 1, `+of+`, "document": {"type": "DOCUMENT_TYPE_CONSENT"}}`,
		"MEMBER_UNKNOWN", "member")
	refused(t, o.RecordGuardian, `{"requestId": "g0", `+of+`}`, "GUARDIAN_INVALID", "guardian")
	refused(t, o.RecordGuardian, `{"requestId": "g0", `+of+`, "guardian": {"name": "Dana"}}`,
		"GUARDIAN_INVALID", "guardian.contact", "guardian.consent_version")
	call(t, o.RecordGuardian, `{"requestId": "g1", `+of+`, "guardian": {"name": "Dana", "contact": "1", "consentVersion": "3"}}`)
	call(t, o.RecordDocument, `{"requestId": "d1", `+of+`, "document": {"type": "DOCUMENT_TYPE_IDENTITY", "validUntil": "2026-09-27", "verifiedBy": "me"}}`)
	papers := call(t, o.GetPapers, "{"+of+"}").GetPapers()
	if len(papers) != 1 || papers[0].GetGuardian().GetConsentedAt() == nil || len(papers[0].GetDocuments()) != 1 {
		t.Fatalf("papers %v, want a guardian who consented now, and a document", papers)
	}
	seen := papers[0].GetDocuments()[0]
	if seen.GetVerifiedBy() != "desk 1" || seen.GetVerifiedAt() == nil || seen.GetValidUntil() != "2026-09-27" {
		t.Errorf("document %v, want it verified by desk 1", seen)
	}
	call(t, o.AssignBibs, `{"race": "half"}`)
	refused(t, o.CheckIn, `{"requestId": "c0", "bib": "100", "chips": ["?"]}`, "CHIP_INVALID", "chips[0]")
	refused(t, o.CheckIn, `{"requestId": "c0", "bib": "101"}`, "ENTRY_NOT_FOUND")
	refused(t, o.CheckIn, `{"requestId": "c0"}`, "ENTRY_NOT_FOUND")
	checked := call(t, o.CheckIn, `{"requestId": "c1", "bib": "100", "identitySeen": true, "ageConfirmed": true, "chips": ["A1"]}`).GetEntry()
	if checked.GetCheckedInAt() == nil || !slices.Equal(checked.GetChips(), []string{"A1"}) {
		t.Errorf("handed out: %v", checked)
	}
	refused(t, o.CheckIn, `{"requestId": "c2", "bib": "100", "identitySeen": true, "ageConfirmed": true}`, "ALREADY_CHECKED_IN")
	erased := call(t, o.EraseEntry, `{"requestId": "e1", "reason": "asked for", `+of+`}`).GetEntry()
	differ(t, "erased", `{
		"eventId": "e", "race": "half", "state": "ENTRY_STATE_CONFIRMED", "bib": "100", "chips": ["A1"],
		"person": {"sex": "SEX_F", "age": 30, "nameShown": "NAME_SHOWN_HIDDEN"}
	}`, erased, "reference", "entered_at", "checked_in_at")
	if left := call(t, o.GetPapers, "{"+of+"}"); left.GetContact() != nil || left.GetPapers() != nil {
		t.Errorf("papers of an erased entry: %v", left)
	}
	refused(t, o.GetPapers, `{"reference": "7K3M-Q2XD"}`, "ENTRY_NOT_FOUND")
	refused(t, o.EraseEntry, `{"requestId": "e2", `+of+`}`, "REASON_MISSING", "reason")
}

func TestBibsAndChips(t *testing.T) {
	t.Parallel()
	o := open(t)
	for i, name := range []string{"Slow", "Fast"} {
		call(t, o.RegisterPerson, fmt.Sprintf(`{"race": "half", "requestId": %q, "person": %s, "expectedTime": "%ds"}`,
			name, person(name), 9000-3600*i))
	}
	refused(t, o.AssignBibs, `{"race": "half", "ranges": ["100-199", "x"]}`, "RANGE_INVALID", "ranges[1]")
	refused(t, o.AssignBibs, `{"race": "half", "order": 7}`, "VALUE_UNKNOWN", "order")
	if given := call(t, o.AssignBibs, `{"race": "half", "ranges": ["110-120"], "order": "BIB_ORDER_EXPECTED_TIME"}`); given.GetAssigned() != 2 {
		t.Errorf("%v bibs given, want 2", given)
	}
	fast := call(t, o.GetEntry, `{"bib": "110"}`).GetEntry()
	if fast.GetPerson().GetName() != "Fast" {
		t.Errorf("the first bib went to %v, want who is fast", fast)
	}
	if set := call(t, o.AssignChips, `{"assignments": [{"bib": "110", "chips": ["A"]}, {"bib": "111", "chips": ["B", "C"]}]}`); set.GetChanged() != 2 {
		t.Errorf("chips of %v bibs set, want 2", set)
	}
	refused(t, o.AssignChips, `{"assignments": [{"bib": "112"}, {"bib": "111", "chips": ["a"]}]}`, "BIB_UNKNOWN",
		"assignments[0].bib", "assignments[1].chips[0]")
	refused(t, o.SwapChips, `{"bib": "110", "otherBib": "112", "requestId": "s0", "reason": "mixed up"}`, "BIB_UNKNOWN", "other_bib")
	refused(t, o.SwapChips, `{"bib": "110", "otherBib": "111", "requestId": "s0"}`, "REASON_MISSING", "reason")
	differ(t, "swapped", `{"assignment": {"bib": "110", "chips": ["B", "C"]}, "otherAssignment": {"bib": "111", "chips": ["A"]}}`,
		call(t, o.SwapChips, `{"bib": "110", "otherBib": "111", "requestId": "s1", "reason": "mixed up"}`))
}

func TestCorrectEntryConverts(t *testing.T) {
	t.Parallel()
	o := open(t)
	reference := o.enter(t, "half", "Ann").GetReference()
	correct := func(mask, entry string) string {
		return fmt.Sprintf(`{"reference": " %s", "reason": "as in the passport", "updateMask": %q, "entry": %s}`, reference, mask, entry)
	}
	corrected := call(t, o.CorrectEntry, correct("bib,wave,tags,expectedTime,person.birthDate,person.nameShown", `{"race": "ten", "bib": "150",
		"wave": "A", "tags": ["veteran"], "expectedTime": "6000s", "person": {"birthDate": "1990-01-01", "nameShown": "NAME_SHOWN_HIDDEN"}}`))
	differ(t, "corrected", `{
		"eventId": "e", "race": "half", "state": "ENTRY_STATE_CONFIRMED", "bib": "150", "wave": "A", "tags": ["veteran"],
		"expectedTime": "6000s", "person": {"name": "Ann", "sex": "SEX_F", "birthDate": "1990-01-01", "nameShown": "NAME_SHOWN_HIDDEN"}
	}`, corrected.GetEntry(), "reference", "entered_at")
	if cleared := call(t, o.CorrectEntry, correct("expectedTime", `{}`)).GetEntry(); cleared.GetExpectedTime() != nil {
		t.Errorf("an expected time that is taken back: %v", cleared)
	}
	refused(t, o.CorrectEntry, correct("person.birthDate", `{"person": {"birthDate": "1.2.1990"}}`), "BIRTH_DATE_INVALID", "entry.person.birth_date")
	refused(t, o.CorrectEntry, correct("members", `{"members": [{}, {"person": {"age": 126}}]}`), "AGE_INVALID", "entry.members[1].person.age")
	refused(t, o.CorrectEntry, correct("expectedTime", `{"expectedTime": "0s"}`), "EXPECTED_TIME_INVALID", "entry.expected_time")
	refused(t, o.CorrectEntry, correct("bib,reference", `{}`), "FIELD_UNKNOWN", "update_mask.paths[1]")
	refused(t, o.CorrectEntry, correct("wave", `{"wave": "Z"}`), "WAVE_UNKNOWN", "entry.wave")
}

func TestListsPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	for i := range 5 {
		o.enter(t, "half", fmt.Sprintf("Runner %d", i))
	}
	o.enter(t, "ten", "Ann")
	var names []string
	for token, pages := "", 0; ; {
		page := call(t, o.ListEntries, fmt.Sprintf(`{"race": "half", "pageSize": 2, "pageToken": %q}`, token))
		for _, e := range page.GetEntries() {
			names = append(names, e.GetPerson().GetName())
		}
		pages++
		if token = page.GetNextPageToken(); token == "" {
			if pages != 3 {
				t.Errorf("%d pages, want 3", pages)
			}
			break
		}
	}
	if want := []string{"Runner 0", "Runner 1", "Runner 2", "Runner 3", "Runner 4"}; !slices.Equal(names, want) {
		t.Errorf("listed %q, want %q", names, want)
	}
	older := day("e")
	older.Races[1].MinAgeYears = 40
	o.apply(t, older)
	first := call(t, o.ListMisfits, `{"pageSize": 4}`)
	last := call(t, o.ListMisfits, fmt.Sprintf(`{"race": "half", "pageToken": %q}`, first.GetNextPageToken()))
	if len(first.GetMisfits()) != 4 || len(last.GetMisfits()) != 1 || last.GetNextPageToken() != "" {
		t.Fatalf("misfits %v, then %v, want 4 and 1", first, last)
	}
	differ(t, "misfit", `{"race": "half", "reasons": [{"field": "person.birth_date", "reason": "AGE_BELOW_MINIMUM"}], "reference": "`+
		last.GetMisfits()[0].GetReference()+`"}`, last.GetMisfits()[0])
	for _, tt := range []struct{ request, reason, path string }{
		{`{"pageSize": 1001}`, "PAGE_SIZE_INVALID", "page_size"},
		{`{"pageSize": -1}`, "PAGE_SIZE_INVALID", "page_size"},
		{`{"pageToken": "?"}`, "PAGE_TOKEN_INVALID", "page_token"},
		{`{"pageToken": "zz"}`, "PAGE_TOKEN_INVALID", "page_token"},
		{`{"pageToken": "1-zz"}`, "PAGE_TOKEN_INVALID", "page_token"},
		{`{"eventId": "f", "pageToken": "` + first.GetNextPageToken() + `"}`, "PAGE_TOKEN_INVALID", "page_token"},
	} {
		refused(t, o.ListEntries, tt.request, tt.reason, tt.path)
		refused(t, o.ListMisfits, tt.request, tt.reason, tt.path)
	}
	if _, err := send(t, o.ListEntries, `{"race": "walk"}`); status.Convert(err).Message() != "the event has no race with this id" {
		t.Errorf("an unknown race: %v", err)
	}
	refused(t, o.ListMisfits, `{"race": "walk"}`, "RACE_NOT_FOUND")
	refused(t, o.ListEntries, `{"eventId": "none"}`, "EVENT_NOT_FOUND")
}
