package timing

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"

	"raceday/services/rules/race"
)

// Page is the part of a list that a caller asks for.
type Page struct {
	// Size is 1 to 1000; 0 means 100.
	Size int
	// Token is that of the answer before; empty on the first page.
	Token string
}

const (
	defaultPageSize = 100
	maxPageSize     = 1000
	// maxPageBytes keeps a page of messages below what gRPC clients receive unless told otherwise, 4 MiB.
	maxPageBytes = 1 << 20
)

// ListRulings returns a page of the rulings in the order of recording and the token of the next, empty on the last. It
// returns ErrPageSizeInvalid, ErrPageTokenInvalid, ErrRaceNotFound, or a fault that says that there is no such event.
func (s *Service) ListRulings(
	ctx context.Context, event race.EventID, filter RulingFilter, page Page,
) ([]RecordedRuling, string, error) {
	check := func(run *race.Event, _ *int64) error {
		if filter.Race != "" && run.Race(filter.Race) == nil {
			return ErrRaceNotFound
		}
		return nil
	}
	return list(ctx, s, event, page, check, weightless,
		func(ctx context.Context, after *int64, limit int) ([]RecordedRuling, error) {
			var change int64
			if after != nil {
				change = *after
			}
			return s.store.ListRulings(ctx, event, filter, change, limit)
		},
		func(last RecordedRuling) int64 { return last.Change })
}

// ListReads returns a page of the stored reads by mat, boot and number, and the token of the next, empty on the last. It
// returns ErrFilterInvalid, ErrPageSizeInvalid, ErrPageTokenInvalid, or a fault that says that there is no such event.
func (s *Service) ListReads(ctx context.Context, event race.EventID, filter ReadFilter, page Page) ([]Read, string, error) {
	if filter.Mat != "" && !ValidMat(filter.Mat) {
		return nil, "", ErrFilterInvalid.With(ErrFilterInvalid.At("mat"))
	}
	if filter.Chip != "" {
		chip, err := race.ParseChip(string(filter.Chip))
		if err != nil {
			return nil, "", ErrFilterInvalid.With(ErrFilterInvalid.At("chip"))
		}
		filter.Chip = chip
	}
	// A token comes from outside, and a query must be able to hold it.
	check := func(_ *race.Event, after *Read) error {
		if after != nil && (!ValidMat(after.Mat) || !isPrintable(after.Boot, maxBootRunes) || after.Seq > MaxSeq ||
			!isPrintable(string(after.Chip), maxMatRunes) || !after.At.Held()) {
			return errPageToken()
		}
		return nil
	}
	return list(ctx, s, event, page, check, weightless,
		func(ctx context.Context, after *Read, limit int) ([]Read, error) {
			return s.store.ListReads(ctx, event, filter, after, limit)
		},
		func(last Read) Read {
			return Read{Mat: last.Mat, Boot: last.Boot, Seq: last.Seq, Chip: last.Chip, At: last.At}
		})
}

// ListRejectedMessages returns a page of what could not be taken as a read, in order of arrival, and the token of the
// next, empty on the last. It returns ErrPageSizeInvalid, ErrPageTokenInvalid, or a fault that says that there is no such event.
func (s *Service) ListRejectedMessages(
	ctx context.Context, event race.EventID, page Page,
) ([]RecordedRejected, string, error) {
	check := func(_ *race.Event, after *RejectedID) error {
		if after != nil && (after.Sequence > MaxSeq || after.Generation > math.MaxInt32 || after.Index > MaxReads) {
			return errPageToken()
		}
		return nil
	}
	return list(ctx, s, event, page, check, func(r RecordedRejected) int { return len(r.Data) },
		func(ctx context.Context, after *RejectedID, limit int) ([]RecordedRejected, error) {
			var id RejectedID
			if after != nil {
				id = *after
			}
			return s.store.ListRejected(ctx, event, id, limit)
		},
		RecordedRejected.ID)
}

func weightless[Item any](Item) int { return 0 }

// list fetches one item more than the page holds, to know whether another page follows. A token is the cursor of the
// page's last item. A page ends early at maxPageBytes.
func list[Item, Cursor any](
	ctx context.Context, s *Service, event race.EventID, page Page, check func(run *race.Event, after *Cursor) error,
	weigh func(Item) int,
	fetch func(ctx context.Context, after *Cursor, limit int) ([]Item, error), cursor func(last Item) Cursor,
) ([]Item, string, error) {
	if page.Size == 0 {
		page.Size = defaultPageSize
	}
	if page.Size < 1 || page.Size > maxPageSize {
		return nil, "", ErrPageSizeInvalid.With(ErrPageSizeInvalid.At("page_size"))
	}
	after, err := parseToken[Cursor](page.Token)
	if err != nil {
		return nil, "", err
	}
	run, err := s.events.Event(ctx, event)
	if err != nil {
		return nil, "", fmt.Errorf("list facts: %w", err)
	}
	if err := check(run, after); err != nil {
		return nil, "", err
	}
	items, err := fetch(ctx, after, page.Size+1)
	if err != nil {
		return nil, "", fmt.Errorf("list facts: %w", err)
	}
	end, weight := 0, 0
	for end < min(len(items), page.Size) && (end == 0 || weight+weigh(items[end]) <= maxPageBytes) {
		weight += weigh(items[end])
		end++
	}
	if end == len(items) {
		return items, "", nil
	}
	items = items[:end]
	token, err := json.Marshal(cursor(items[end-1]))
	if err != nil {
		return nil, "", fmt.Errorf("list facts: %w", err)
	}
	return items, base64.RawURLEncoding.EncodeToString(token), nil
}

func errPageToken() error { return ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token")) }

func parseToken[Cursor any](token string) (*Cursor, error) {
	if token == "" {
		return nil, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, errPageToken()
	}
	var cursor Cursor
	if err := json.Unmarshal(text, &cursor); err != nil {
		return nil, errPageToken()
	}
	return &cursor, nil
}
