package standings

import (
	"encoding/base64"
	"strconv"
	"strings"

	"raceday/services/rules/race"
)

// pageToken names the place in a list where the next page begins. It names the list too: the first list of a race may be
// another one by then.
// The order is that of which the page is one.
func pageToken(raceID race.ID, order, list string, offset int) string {
	// Neither an id nor an order holds a slash; the list's name, which may, comes last.
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset) + "/" + string(raceID) + "/" + order + "/" + list))
}

// readPageToken returns the list and offset of a page of a list in an order.
func readPageToken(token string, raceID race.ID, order, asked string) (list string, offset int, err error) {
	if token == "" {
		return asked, 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", 0, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	parts := strings.SplitN(string(text), "/", 4)
	if len(parts) != 4 || parts[1] != string(raceID) || parts[2] != order || asked != "" && parts[3] != asked {
		return "", 0, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	offset, err = strconv.Atoi(parts[0])
	if err != nil || offset < 0 {
		return "", 0, ErrPageTokenInvalid.With(ErrPageTokenInvalid.At("page_token"))
	}
	return parts[3], offset, nil
}
