package standings

import (
	"encoding/base64"
	"strconv"
	"strings"

	"raceday/services/rules/race"
)

// pageToken names the place in a list where the next page begins. It names the list too: the first list of a race may be
// another one by then.
func pageToken(raceID race.ID, list string, offset int) string {
	// An id holds no slash; the list's name, which may, comes last.
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset) + "/" + string(raceID) + "/" + list))
}

// readPageToken returns the list and offset that a query asks for.
func readPageToken(q Query) (list string, offset int, err error) {
	if q.PageToken == "" {
		return q.List, 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(q.PageToken)
	if err != nil {
		return "", 0, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	parts := strings.SplitN(string(text), "/", 3)
	if len(parts) != 3 || parts[1] != string(q.Race) || q.List != "" && parts[2] != q.List {
		return "", 0, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	offset, err = strconv.Atoi(parts[0])
	if err != nil || offset < 0 {
		return "", 0, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	return parts[2], offset, nil
}
