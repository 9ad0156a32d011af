package registrationpg_test

import (
	"errors"
	"testing"

	"raceday/services/registration"
)

func TestOnlyTheOfficeWithdrawsWhoWasCheckedIn(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.mustImport(t, "marathon,1,C1,,,,,,,,,,,")
	ctx := t.Context()
	e, err := f.CheckIn(ctx, "desk", registration.CheckIn{
		Event: f.event.ID, RequestID: "c", Key: registration.Key{Bib: "1"}, IdentitySeen: true, AgeConfirmed: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	w := leave(f, "w", e)
	w.Reason = "asked for"
	if _, err := f.Withdraw(ctx, "web", w); !errors.Is(err, registration.ErrAlreadyCheckedIn) {
		t.Errorf("its owner: got %v, want %v", err, registration.ErrAlreadyCheckedIn)
	}
	w.Office, w.Reason = true, ""
	if _, err := f.Withdraw(ctx, "desk", w); !errors.Is(err, registration.ErrReasonMissing) {
		t.Errorf("the office without a reason: got %v, want %v", err, registration.ErrReasonMissing)
	}
	w.Reason = "gave the bib back"
	if gone, err := f.Withdraw(ctx, "desk", w); err != nil || gone.State != registration.Withdrawn {
		t.Errorf("the office: got %s, %v", gone.State, err)
	}
}
