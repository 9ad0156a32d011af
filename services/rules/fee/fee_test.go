package fee_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"raceday/services/rules/fee"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

func TestAt(t *testing.T) {
	t.Parallel()
	march, june := racetime.Instant(1_740_769_200_000_000), racetime.Instant(1_748_718_000_000_000)
	early := race.Fee{Until: march, AmountMinor: 1_800_000, CharityPercent: 20}
	middle := race.Fee{Until: june, AmountMinor: 2_000_000, CharityPercent: 10}
	late := race.Fee{AmountMinor: 2_500_000, CharityPercent: 20}
	first := fee.Fee{AmountMinor: 1_800_000, CharityMinor: 360_000}
	second := fee.Fee{AmountMinor: 2_000_000, CharityMinor: 200_000}
	third := fee.Fee{AmountMinor: 2_500_000, CharityMinor: 500_000}
	for _, c := range []struct {
		name string
		fees []race.Fee
		at   racetime.Instant
		want fee.Fee
	}{
		{"a race without fees", nil, march, fee.Fee{}},
		{"long before", []race.Fee{early, middle, late}, march - 1_000_000_000, first},
		{"a microsecond before the first ends", []race.Fee{early, middle, late}, march - 1, first},
		{"the instant at which the first ends", []race.Fee{early, middle, late}, march, first},
		{"a microsecond after it", []race.Fee{early, middle, late}, march + 1, second},
		{"the instant at which the second ends", []race.Fee{early, middle, late}, june, second},
		{"a microsecond after that", []race.Fee{early, middle, late}, june + 1, third},
		{"the last has an end, and it is reached", []race.Fee{early, middle}, june, second},
		{"the last has an end, and it is past", []race.Fee{early, middle}, june + 1, second},
		{"one fee without end", []race.Fee{late}, june, third},
	} {
		if diff := cmp.Diff(c.want, fee.At(&race.Race{Fees: c.fees}, c.at)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestTheShareForCharity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		amount  int64
		percent int
		want    int64
	}{
		{"nothing of nothing", 0, 20, 0},
		{"no share", 999, 0, 0},
		{"all", 999, 100, 999},
		{"all of the largest amount", math.MaxInt64, 100, math.MaxInt64},
		{"half of the largest amount: half a unit up", math.MaxInt64, 50, math.MaxInt64/2 + 1},
		{"just below half a unit: down", 49, 1, 0},
		{"half a unit: up", 50, 1, 1},
		{"half of one unit: up", 1, 50, 1},
		{"just below a unit and a half: down", 149, 1, 1},
		{"a unit and a half: up", 150, 1, 2},
		{"99 percent of one unit: up, and not above the amount", 1, 99, 1},
	} {
		r := &race.Race{Fees: []race.Fee{{AmountMinor: c.amount, CharityPercent: c.percent}}}
		if got := fee.At(r, 0).CharityMinor; got != c.want {
			t.Errorf("%s: %d%% of %d is %d, want %d", c.name, c.percent, c.amount, got, c.want)
		}
	}
}

func TestTheShareForCharityIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(0, math.MaxInt64).Draw(t, "amount")
		percent := rapid.IntRange(0, 100).Draw(t, "percent")
		got := fee.At(&race.Race{Fees: []race.Fee{{AmountMinor: amount, CharityPercent: percent}}}, 0)
		want := new(big.Int).Mul(big.NewInt(amount), big.NewInt(int64(percent)))
		want.Add(want, big.NewInt(50)).Div(want, big.NewInt(100))
		if !want.IsInt64() || got.CharityMinor != want.Int64() || got.CharityMinor > amount {
			t.Fatalf("%d%% of %d is %d, want %v", percent, amount, got.CharityMinor, want)
		}
	})
}
