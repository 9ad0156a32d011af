package standings

import (
	"encoding/base64"
	"encoding/json"

	"raceday/services/rules/racetime"
)

// cursor is what a page token holds of a list that changes while somebody pages through it: the place of the last row in
// the order of the list, behind which the next page begins, whether the row is still there or not.
type cursor[Place any] struct {
	// Question is what the pages answer.
	Question string
	// Version is that of the list that the page was of, and ListedAt is not after the moment at which it was the newest.
	Version  int64
	ListedAt racetime.Instant
	Last     Place
}

// pagingTime is how long the list of a first page may answer for the pages behind it: longer than programs need, and too
// short for anybody to be misled.
const pagingTime = 10_000_000 // µs

// fresh reports whether the list of the page before may still answer.
func (c *cursor[Place]) fresh(now racetime.Instant) bool {
	return c.ListedAt <= now && now-c.ListedAt <= pagingTime
}

// token returns the cursor as callers are given it.
func (c *cursor[Place]) token() string {
	text, _ := json.Marshal(c) // texts and numbers, which cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

// readCursor returns the cursor in the token of a page before, nil for a first page. Fault: ErrPageTokenInvalid.
func readCursor[Place any](token, question string) (*cursor[Place], error) {
	if token == "" {
		return nil, nil
	}
	var c cursor[Place]
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	// Whatever else may be read as a cursor was not made here.
	if err != nil || c.Question != question || c.token() != token {
		return nil, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	return &c, nil
}
