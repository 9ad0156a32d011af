package timingpg

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"raceday/services/postgres"
	"raceday/services/postgres/postgrestest"
)

func TestAppliedIsOfThePositionInUse(t *testing.T) {
	t.Parallel()
	s := newStore(t, postgrestest.Pool(t))
	want := func(wantVersion, wantChange int64) {
		t.Helper()
		err := postgres.InTx(t.Context(), s.pool, func(ctx context.Context, tx pgx.Tx) error {
			version, change, err := s.Applied(ctx, tx, event)
			if version != wantVersion || change != wantChange {
				t.Errorf("got version %d of change %d, want %d of %d", version, change, wantVersion, wantChange)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	want(0, 0)
	from := newPosition(t, s)
	want(0, 0)
	to := from
	to.Version, to.Change = 3, 9
	if err := appendBatch(t.Context(), s, nil, nil, from, to); err != nil {
		t.Fatal(err)
	}
	want(3, 9)
	recreated := to
	recreated.Generation, recreated.StreamCreated = 2, created.Add(1_000_000)
	recreated.Version, recreated.Change = 4, 11
	if err := appendBatch(t.Context(), s, nil, nil, to, recreated); err != nil {
		t.Fatal(err)
	}
	want(4, 11)
}
