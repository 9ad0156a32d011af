package standingspg_test

import (
	"testing"

	"raceday/services/postgres/postgrestest"
	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
	"raceday/services/standings/standingspg"
)

func TestStartsBefore(t *testing.T) {
	t.Parallel()
	pool := postgrestest.Pool(t)
	exec(t, pool, insertDerived)
	store := standingspg.New(pool, highest{})
	for _, c := range []struct {
		name  string
		race  race.ID
		waves []race.WaveID
		at    string
		want  int
	}{
		{"after the start", "relay", []race.WaveID{"V", "W"}, "2025-09-28T02:00:01.000001Z", 1},
		{"at the start", "relay", []race.WaveID{"W"}, "2025-09-28T02:00:01Z", 0},
		{"of another wave", "relay", []race.WaveID{"V"}, "2025-09-28T03:00:00Z", 0},
		{"of another race", "ten", []race.WaveID{"W"}, "2025-09-28T03:00:00Z", 0},
	} {
		at, err := racetime.ParseInstant(c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := store.StartsBefore(t.Context(), "e", c.race, c.waves, at); err != nil || got != c.want {
			t.Errorf("%s: got %d, %v, want %d", c.name, got, err, c.want)
		}
	}
}
