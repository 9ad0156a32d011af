package standingsgrpc

import (
	standingsv1 "raceday/proto/raceday/standings/v1"
	"raceday/services/grpcserver"
	"raceday/services/standings"
)

// updateRows is the number of rows in one message: a whole field would be more than a client takes at once.
const updateRows = 1000

// encoding is what an update is sent as, or why it cannot be.
type encoding struct {
	messages []grpcserver.Encoded
	err      error
}

// encodedUpdate returns the messages of an update, encoded once for all who are sent it.
func encodedUpdate(u standings.Update) ([]grpcserver.Encoded, error) {
	encoded := u.Shared(func(u standings.Update) any {
		var e encoding
		for _, message := range updateMessages(u) {
			m, err := grpcserver.Encode(message)
			if err != nil {
				return encoding{err: err}
			}
			e.messages = append(e.messages, m)
		}
		return e
	}).(encoding)
	return encoded.messages, encoded.err
}

// updateMessages returns an update as one message, or as several of which all but the last say that more follow.
func updateMessages(u standings.Update) []*standingsv1.WatchStandingsResponse {
	message := &standingsv1.WatchStandingsResponse{Snapshot: u.Snapshot, List: u.List, Version: u.Version}
	for _, bib := range u.Removed {
		message.Removed = append(message.Removed, string(bib))
	}
	var messages []*standingsv1.WatchStandingsResponse
	for len(u.Rows) > updateRows {
		message.Rows, message.More = standingRows(u.Rows[:updateRows], u.At), true
		messages = append(messages, message)
		u.Rows = u.Rows[updateRows:]
		message = &standingsv1.WatchStandingsResponse{List: u.List, Version: u.Version}
	}
	message.Rows = standingRows(u.Rows, u.At)
	return append(messages, message)
}
