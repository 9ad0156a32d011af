package registrationgrpc

import (
	"strconv"

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
		after, err := strconv.ParseInt(token, 36, 64)
		if err != nil || after < 0 {
			return page{}, invalid(registration.ErrPageTokenInvalid, "page_token")
		}
		p.after = race.EntrantID(after)
	}
	return p, nil
}

func pageToken(last race.EntrantID) string { return strconv.FormatInt(int64(last), 36) }

// pageMessage shows at most size entries; one more stands for the next page.
func pageMessage(event race.EventID, entries []registration.Entry, size int) *registrationv1.ListEntriesResponse {
	response := &registrationv1.ListEntriesResponse{}
	if len(entries) > size {
		entries = entries[:size]
		response.NextPageToken = pageToken(entries[size-1].ID)
	}
	for i := range entries {
		response.Entries = append(response.Entries, entryMessage(event, &entries[i]))
	}
	return response
}

// misfitsMessage shows at most size misfits; one more stands for the next page.
func misfitsMessage(misfits []registration.Misfit, size int) *registrationv1.ListMisfitsResponse {
	response := &registrationv1.ListMisfitsResponse{}
	if len(misfits) > size {
		misfits = misfits[:size]
		response.NextPageToken = pageToken(misfits[size-1].Entrant)
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
