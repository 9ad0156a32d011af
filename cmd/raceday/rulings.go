package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	timingv1 "raceday/proto/raceday/timing/v1"
	"raceday/services/csvtable"
	"raceday/services/timing"
	"raceday/services/timing/timinggrpc"
)

type rulingsCommand struct {
	Apply rulingsApplyCommand `cmd:"" help:"Record the rulings of a file, all or none; the same file again changes nothing."`
}

type rulingsApplyCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	File  string `arg:"" help:"Rulings (rulings.csv)."`
}

// rulingsChunk is how much of the rulings travels in one message, in bytes; a server takes four times as much.
const rulingsChunk = 128 << 10

// Run records the file's rulings in their order. A file with a bad line records none.
func (c *rulingsApplyCommand) Run(t *terminal) error {
	var lines []timing.RulingLine
	err := fileSource(c.File).read(func(r io.Reader) (err error) {
		lines, err = timing.ParseRulingLines(c.File, r)
		return err
	})
	if err != nil {
		return err
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		stream, err := timingv1.NewTimingServiceClient(conn).RecordRulings(ctx)
		if err != nil {
			return err
		}
		if err := c.send(newProgress(t.stderr), stream, lines); err != nil {
			return err
		}
		answer, err := stream.CloseAndRecv()
		if err != nil {
			return c.atLines(err, lines)
		}
		fmt.Fprintf(t.stdout, "%d recorded, %d stood already\n", answer.GetRecorded(), answer.GetStood())
		return nil
	})
}

func (c *rulingsApplyCommand) send(
	shown *progress, stream grpc.ClientStreamingClient[timingv1.RecordRulingsRequest, timingv1.RecordRulingsResponse],
	lines []timing.RulingLine,
) error {
	defer shown.end()
	request, size := &timingv1.RecordRulingsRequest{EventId: c.Event}, 0
	for i, line := range lines {
		message := timinggrpc.RulingMessage(timing.RecordedRuling{Ruling: line.Ruling})
		request.Rulings = append(request.Rulings, message)
		if size += proto.Size(message); size < rulingsChunk {
			continue
		}
		if err := stream.Send(request); errors.Is(err, io.EOF) {
			// The server's reason for ending the stream comes with its answer.
			return nil
		} else if err != nil {
			return err
		}
		request, size = &timingv1.RecordRulingsRequest{EventId: c.Event}, 0
		shown.show("%d of %d rulings sent", i+1, len(lines))
	}
	if err := stream.Send(request); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// atLines returns a refusal of rulings as faults of the lines that they stand on, anything else as it is.
func (c *rulingsApplyCommand) atLines(err error, lines []timing.RulingLine) error {
	sent, ok := errors.AsType[answer](err)
	if !ok {
		return err
	}
	var faults csvtable.Faults
	for _, detail := range sent.GRPCStatus().Details() {
		for _, field := range fieldsOf(detail) {
			fault := csvtable.Fault{File: c.File, Reason: cmp.Or(field.GetDescription(), field.GetReason())}
			if index, name, ok := rulingField(field.GetField()); ok && index < len(lines) {
				fault.Line, fault.Column = lines[index].Number, timing.RulingColumn(name)
			}
			faults = append(faults, fault)
		}
	}
	if len(faults) == 0 {
		return err
	}
	return faults
}

func fieldsOf(detail any) []*errdetails.BadRequest_FieldViolation {
	bad, _ := detail.(*errdetails.BadRequest)
	return bad.GetFieldViolations()
}

// rulingField takes rulings[3].target apart.
func rulingField(path string) (index int, name string, ok bool) {
	rest, ok := strings.CutPrefix(path, "rulings[")
	number, name, closed := strings.Cut(rest, "].")
	index, err := strconv.Atoi(number)
	return index, name, ok && closed && err == nil && index >= 0
}
