package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registrationv1 "raceday/proto/raceday/registration/v1"
)

type placesCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
}

// Run shows what each race has left and what was paid.
func (c *placesCommand) Run(t *terminal) error {
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		registration := registrationv1.NewRegistrationServiceClient(conn)
		left, err := registration.GetVacancies(ctx, &registrationv1.GetVacanciesRequest{EventId: c.Event})
		if err != nil {
			return err
		}
		counted, err := registration.GetTotals(ctx, &registrationv1.GetTotalsRequest{EventId: c.Event})
		switch code := status.Code(err); {
		case code == codes.PermissionDenied || code == codes.Unauthenticated:
			return printVacancies(t.stdout, left.GetVacancies()) // Anybody may see these.
		case err != nil:
			return err
		}
		return printPlaces(t.stdout, left.GetVacancies(), counted)
	})
}

// printVacancies shows what races have left without what was paid.
func printVacancies(w io.Writer, vacancies []*registrationv1.Vacancy) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RACE\tCAPACITY\tTAKEN\tFREE\tWAITING\tPHASE")
	for _, v := range vacancies {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%d\t%s\n",
			v.GetRace(), limit(v.Capacity), v.GetTaken(), limit(v.Free), v.GetWaiting(), phase(v.GetPhase()))
	}
	return table.Flush()
}

// printPlaces shows the totals, which are exact, and of the vacancies, which may be older, only what totals do not have.
func printPlaces(w io.Writer, vacancies []*registrationv1.Vacancy, counted *registrationv1.GetTotalsResponse) error {
	phases := map[string]string{}
	for _, v := range vacancies {
		phases[v.GetRace()] = phase(v.GetPhase())
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RACE\tCAPACITY\tTAKEN\tFREE\tWAITING\tPHASE\tCONFIRMED\tWOMEN\tMEN\tPAID\tCHARITY\tREFUND DUE")
	var paid, charity, refundDue int64
	for _, one := range counted.GetTotals() {
		paid, charity, refundDue = paid+one.GetPaidMinor(), charity+one.GetCharityMinor(), refundDue+one.GetRefundDueMinor()
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%d\t%s\t%d\t%d\t%d\t%s\t%s\t%s\n",
			one.GetRace(), limit(one.Capacity), one.GetTaken(), limit(free(one)),
			entriesIn(one, registrationv1.EntryState_ENTRY_STATE_WAITLISTED), phases[one.GetRace()],
			entriesIn(one, registrationv1.EntryState_ENTRY_STATE_CONFIRMED), one.GetWomen(), one.GetMen(),
			money(one.GetPaidMinor()), money(one.GetCharityMinor()), money(one.GetRefundDueMinor()))
	}
	fmt.Fprintf(table, "%s\t\t\t\t\t\t\t\t\t%s\t%s\t%s\n",
		cmp.Or(counted.GetCurrency(), "all"), money(paid), money(charity), money(refundDue))
	return table.Flush()
}

// free returns the places that a race has left, nil where there is no limit.
func free(t *registrationv1.Totals) *int32 {
	if t.Capacity == nil {
		return nil
	}
	left := max(0, t.GetCapacity()-t.GetTaken())
	return &left
}

// limit shows a number of places that may be without limit.
func limit(places *int32) string {
	if places == nil {
		return "-"
	}
	return fmt.Sprint(*places)
}

func phase(p registrationv1.RegistrationPhase) string {
	return strings.TrimPrefix(p.String(), "REGISTRATION_PHASE_")
}

// entriesIn counts the entries in a state.
func entriesIn(t *registrationv1.Totals, state registrationv1.EntryState) int32 {
	for _, count := range t.GetStates() {
		if count.GetState() == state {
			return count.GetEntries()
		}
	}
	return 0
}

// money shows an amount of minor units as the event's file writes it.
func money(minor int64) string {
	if minor%100 == 0 {
		return fmt.Sprint(minor / 100)
	}
	return fmt.Sprintf("%d.%02d", minor/100, minor%100)
}
