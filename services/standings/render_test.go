package standings_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"raceday/services/standings"
)

// slowPress tells when it makes a sheet, and makes it when it is let.
type slowPress struct{ began, let chan struct{} }

func (p slowPress) WriteSheet(w io.Writer, _ standings.Sheet) error {
	p.began <- struct{}{}
	<-p.let
	_, err := io.WriteString(w, "sheet")
	return err
}

func (p slowPress) WriteCertificate(io.Writer, standings.Certificate) error { return errSeen }

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }

func TestFilesAreMadeTwoAtATime(t *testing.T) {
	t.Parallel()
	b := relayField()
	boards := serveBoards(t, b)
	press := slowPress{make(chan struct{}), make(chan struct{})}
	service := standings.NewService(standings.Dependencies{Boards: boards, Store: b, Events: b, Papers: press, Now: time.Now})
	sheet := standings.Export{Event: relayDay, File: standings.SheetPDF, Race: "relay"}
	export := func(ctx context.Context, w io.Writer) error {
		return service.ExportResults(ctx, sheet, func(string, int64) io.Writer { return w })
	}
	var callers sync.WaitGroup
	received := make([]bytes.Buffer, 2)
	for i := range received {
		callers.Go(func() {
			if err := export(t.Context(), &received[i]); err != nil || received[i].String() != "sheet" {
				t.Errorf("caller %d has %q, %v", i, &received[i], err)
			}
		})
		<-press.began
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 20 { // or else it would be made
		if err := export(gone, io.Discard); !errors.Is(err, context.Canceled) {
			t.Errorf("who left while waiting: %v", err)
		}
	}
	// The third and the fourth have their turn when the first two are done, though the third never takes what it asked for.
	press.let <- struct{}{}
	receiving, take := make(chan struct{}), make(chan struct{})
	callers.Go(func() {
		err := export(t.Context(), writerFunc(func(text []byte) (int, error) {
			close(receiving)
			<-take
			return len(text), nil
		}))
		if err != nil {
			t.Error(err)
		}
	})
	<-press.began
	press.let <- struct{}{}
	press.let <- struct{}{}
	<-receiving
	for range 2 {
		callers.Go(func() {
			if err := export(t.Context(), io.Discard); err != nil {
				t.Error(err)
			}
		})
	}
	<-press.began
	<-press.began
	press.let <- struct{}{}
	press.let <- struct{}{}
	close(take)
	callers.Wait()
}
