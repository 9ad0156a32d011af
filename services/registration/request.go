package registration

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

const maxRequestIDRunes = 64

// isRequestID reports whether text is a client's name of a request, or of anything else: 1 to 64 characters of one line.
func isRequestID(text string) bool {
	n := utf8.RuneCountInString(text)
	return n >= 1 && n <= maxRequestIDRunes && isText(text)
}

// checkRequestID refuses what is none.
func checkRequestID(id string) error {
	if !isRequestID(id) {
		return ErrRequestIDInvalid.With(ErrRequestIDInvalid.At("request_id"))
	}
	return nil
}

// digestOf covers everything that a repeat of a request repeats.
func digestOf(action Action, request any) (Digest, error) {
	content, err := json.Marshal(struct {
		Action  Action
		Request any
	}{action, request})
	if err != nil {
		return Digest{}, fmt.Errorf("digest of a request: %w", err)
	}
	return sha256.Sum256(content), nil
}
