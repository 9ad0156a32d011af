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
	List   rulingsListCommand   `cmd:"" help:"Show the rulings in the order of recording, and which were revoked."`
	Record rulingsRecordCommand `cmd:"" help:"Record one ruling."`
	Apply  rulingsApplyCommand  `cmd:"" help:"Record the rulings of a file, all or none; the same file again changes nothing."`
}

type rulingsApplyCommand struct {
	client
	Event string `required:"" placeholder:"ID" help:"Event."`
	File  string `arg:"" help:"Rulings (rulings.csv)."`
}

// Help describes the file.
func (*rulingsApplyCommand) Help() string {
	return `The first line names the columns, in any order; race and ruling must be among them:

  id          names the ruling, for REVOKE; empty: made from the line
  race        the race; empty for REVOKE
  bib         the bib of the entrant, of a relay the team's
  ruling      what is decided, as below
  target      GUN, START_WITH_WAVE: the wave; RANK_BEFORE: the other bib;
              REVIEWED: the kind of anomaly, of a conflict followed by mat,
              boot and number; SPLIT_CARD, REVOKE: the id of the ruling
  point       where; line#2 is the second visit of line, the start being
              the first; of REVIEWED one of those that the anomaly lists
  at          an instant with its offset; of VOID_READ as the mat wrote it
  duration    of PENALTY: 30s, 1m30s
  rule        the number of the rule that was broken
  reason      why, for the record
  by          who decided; empty: whose key it is
  decided_at  when, for the record

Rulings are recorded in the order of the file, all or none. What looks like a slip is recorded all the same, with a
warning for its line.

One line of each kind:

` + rulingsExample
}

// rulingsExample has a line of each kind.
const rulingsExample = `  id,race,bib,ruling,target,point,at,duration,rule,reason
  r1,marathon,1042,DSQ,,,,,TR6.3,short cut
  ,marathon,1043,DNS,,,,,,
  ,marathon,1044,WITHDRAWN,,,,,,ill
  ,marathon,1045,NOT_COMPETING,,,,,,pacemaker
  ,marathon,1046,DNF,,,,,,at km 30
  ,ekiden,9001,DNF,,x2,,,,leg not completed
  ,marathon,1047,PENALTY,,,,30s,,wrong corral
  c2,nordic,501,YELLOW_CARD,,k5,2025-09-28T08:10:00+05:00,,,
  ,nordic,502,RED_CARD,,k5,2025-09-28T08:12:00+05:00,,,ran
  ,nordic,501,SPLIT_CARD,c2,,,,,two faults
  ,nordic,,CLOSE_SHEET,,,,,,all judges handed in
  ,marathon,,GUN,A,,2025-09-28T07:00:02.4+05:00,,,
  ,marathon,,GUN,,,2025-09-28T07:00:02.4+05:00,,,all waves
  ,marathon,1048,START_WITH_WAVE,A,,,,,
  ,marathon,1049,MANUAL_TIME,,line#2,2025-09-28T10:31:07.2+05:00,,,
  ,marathon,1050,VOID_READ,,k30,2025-09-28T09:05:11.412+05:00,,,
  ,marathon,1051,RANK_BEFORE,1052,,,,TR18.2,photo
  ,marathon,1053,REVIEWED,MISSING_POINTS,k10,,,,seen on video
  ,,,REVIEWED,IDENTITY_CONFLICT line-a 1 17,,,,,chips of marshals
  ,marathon,,CLOSE,,,,,,
  ,,,REVOKE,r1,,,,,protest upheld
`

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
			numbers := make([]int, len(lines))
			for i := range lines {
				numbers[i] = lines[i].Number
			}
			return atLines(err, c.File, "rulings", numbers, timing.RulingColumn)
		}
		fmt.Fprintf(t.stdout, "%d recorded, %d stood already\n", answer.GetRecorded(), answer.GetStood())
		switch out := answer.GetStillOutTotal(); {
		case answer.GetStillOutUnknown():
			fmt.Fprintln(t.stdout, "the standings did not say who was still out when races were closed: raceday oncourse shows them")
		case out > 0:
			fmt.Fprintf(t.stdout, "%s when races were closed: raceday oncourse shows them\n", stillOut(int(out)))
		}
		warnOfLines(t.stderr, c.Event, answer, lines)
		return nil
	})
}

// warnOfLines writes what looks like a slip, each with the line that it stands on and the ruling that a REVOKE names.
func warnOfLines(w io.Writer, event string, answer *timingv1.RecordRulingsResponse, lines []timing.RulingLine) {
	numbers := make(map[string]int, len(lines))
	for _, line := range lines {
		numbers[string(line.ID)] = line.Number
	}
	for _, warning := range answer.GetWarnings() {
		fmt.Fprintf(w, "warning: line %d: %s (ruling %s)\n", numbers[warning.GetRulingId()], warning.GetMessage(), warning.GetRulingId())
	}
	if more := answer.GetMoreWarnings(); more > 0 {
		fmt.Fprintf(w, "warning: and %d more\n", more)
	}
	if len(answer.GetWarnings()) > 0 {
		fmt.Fprintf(w, "to undo one: raceday rulings record REVOKE --target RULING --event %s\n", event)
	}
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

// atLines returns a refusal of the elements of a list as faults of the lines of the file that they stand on, anything else as it
// is; column names what holds a field.
func atLines(err error, file, list string, lines []int, column func(field string) string) error {
	sent, ok := errors.AsType[answer](err)
	if !ok {
		return err
	}
	var faults csvtable.Faults
	for _, detail := range sent.GRPCStatus().Details() {
		for _, field := range fieldsOf(detail) {
			fault := csvtable.Fault{File: file, Reason: cmp.Or(field.GetDescription(), field.GetReason())}
			if index, name, ok := elementField(field.GetField(), list); ok && index < len(lines) {
				fault.Line, fault.Column = lines[index], column(name)
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

// elementField takes rulings[3].target apart.
func elementField(path, list string) (index int, name string, ok bool) {
	rest, ok := strings.CutPrefix(path, list+"[")
	number, name, closed := strings.Cut(rest, "].")
	index, err := strconv.Atoi(number)
	return index, name, ok && closed && err == nil && index >= 0
}
