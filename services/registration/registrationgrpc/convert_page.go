package registrationgrpc

import (
	"hash/crc32"
	"strconv"
	"strings"

	registrationv1 "raceday/proto/raceday/registration/v1"
	"raceday/services/registration"
	"raceday/services/rules/race"
)

// page is what of a list is asked for.
type page struct {
	after race.EntrantID
	size  int
}

const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// pageRequest asks for a page.
type pageRequest interface {
	GetEventId() string
	GetPageSize() int32
	GetPageToken() string
}

func pageOf(request pageRequest) (page, error) {
	p := page{size: int(request.GetPageSize())}
	if p.size == 0 {
		p.size = defaultPageSize
	}
	if p.size < 1 || p.size > maxPageSize {
		return page{}, invalid(registration.ErrPageSizeInvalid, "page_size")
	}
	if token := request.GetPageToken(); token != "" {
		text, _, _ := strings.Cut(token, "-")
		after, err := strconv.ParseInt(text, 36, 64)
		p.after = race.EntrantID(after)
		if err != nil || token != pageToken(request, p.after) {
			return page{}, invalid(registration.ErrPageTokenInvalid, "page_token")
		}
	}
	return p, nil
}

// pageToken names the last entry of a page. Its sum tells it from what somebody made up, and from a token of another event:
// as an entry alone every text of letters and digits would be one.
func pageToken(request pageRequest, last race.EntrantID) string {
	number := strconv.FormatInt(int64(last), 36)
	sum := crc32.ChecksumIEEE([]byte(request.GetEventId() + "/" + number))
	return number + "-" + strconv.FormatUint(uint64(sum), 36)
}

// pageMessage shows at most size entries; one more stands for the next page.
func pageMessage(
	request *registrationv1.ListEntriesRequest, entries []registration.Entry, size int,
) *registrationv1.ListEntriesResponse {
	response := &registrationv1.ListEntriesResponse{}
	if len(entries) > size {
		entries = entries[:size]
		response.NextPageToken = pageToken(request, entries[size-1].ID)
	}
	for i := range entries {
		response.Entries = append(response.Entries, entryMessage(race.EventID(request.GetEventId()), &entries[i]))
	}
	return response
}

// misfitsMessage shows at most size misfits; one more stands for the next page.
func misfitsMessage(
	request *registrationv1.ListMisfitsRequest, misfits []registration.Misfit, size int,
) *registrationv1.ListMisfitsResponse {
	response := &registrationv1.ListMisfitsResponse{}
	if len(misfits) > size {
		misfits = misfits[:size]
		response.NextPageToken = pageToken(request, misfits[size-1].Entrant)
	}
	for _, m := range misfits {
		message := &registrationv1.Misfit{Reference: string(m.Reference), Race: string(m.Race), Bib: string(m.Bib)}
		for _, p := range m.Problems {
			message.Reasons = append(message.Reasons, &registrationv1.MisfitReason{Field: p.Field, Reason: p.Reason})
		}
		response.Misfits = append(response.Misfits, message)
	}
	return response
}
