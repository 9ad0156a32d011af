package standingsgrpc

import (
	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/grpcserver"
	"raceday/services/standings"
)

// pageEncoding is what a page is sent as, but for its version, or why it cannot be.
type pageEncoding struct {
	message grpcserver.Encoded
	err     error
}

// encodedPage returns an answer of GetStandings, encoded once for all who are shown the same. Only the version is each one's
// own: commits that leave a list as it is are many a second.
func encodedPage(page standings.Page, next string) (grpcserver.Encoded, error) {
	shared := page.Shared(func(page standings.Page) any {
		var e pageEncoding
		e.message, e.err = grpcserver.Encode(pageResponse(page, next))
		return e
	}).(pageEncoding)
	if shared.err != nil {
		return grpcserver.Encoded{}, shared.err
	}
	version, err := grpcserver.Encode(&standingsv1.GetStandingsResponse{Version: page.Version})
	return shared.message.With(version), err
}

func pageResponse(page standings.Page, next string) *standingsv1.GetStandingsResponse {
	return &standingsv1.GetStandingsResponse{
		List:          page.List,
		Version:       page.Version,
		Rows:          standingRows(page.Rows, page.At),
		Ranked:        int32(page.Ranked),
		OnCourse:      int32(page.OnCourse),
		NextPageToken: next,
	}
}
