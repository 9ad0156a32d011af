package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

type callCommand struct {
	client
	Method  string `arg:"" help:"SERVICE/METHOD, such as StandingsService/GetProgress."`
	Request string `arg:"" optional:"" default:"{}" help:"Protobuf JSON; several messages of a client stream stand one after the other in this one argument; - reads them from the standard input."`
}

// Run calls a method of any service that this program knows.
func (c *callCommand) Run(t *terminal) error {
	method, err := findMethod(c.Method)
	if err != nil {
		return err
	}
	content := []byte(c.Request)
	if c.Request == "-" {
		if content, err = io.ReadAll(os.Stdin); err != nil {
			return err
		}
	}
	requests, err := decodeRequests(method, content)
	if err != nil {
		return err
	}
	return c.with(t, func(ctx context.Context, conn *grpc.ClientConn) error {
		return call(ctx, conn, method, requests, t.stdout)
	})
}

// findMethod finds a method by its service's name, with or without package.
func findMethod(name string) (protoreflect.MethodDescriptor, error) {
	service, methodName, ok := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	if !ok {
		return nil, fmt.Errorf("%q is not SERVICE/METHOD", name)
	}
	var found protoreflect.MethodDescriptor
	var known []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			s := file.Services().Get(i)
			if string(s.FullName()) != service && string(s.Name()) != service {
				continue
			}
			if found = s.Methods().ByName(protoreflect.Name(methodName)); found != nil {
				return false
			}
			for j := range s.Methods().Len() {
				known = append(known, string(s.Methods().Get(j).Name()))
			}
		}
		return true
	})
	switch {
	case found != nil:
		return found, nil
	case known != nil:
		sort.Strings(known)
		return nil, fmt.Errorf("%s has no method %s; it has %s", service, methodName, strings.Join(known, ", "))
	}
	return nil, fmt.Errorf("no service %s; there are EventService, RegistrationService, TimingService and StandingsService", service)
}

func decodeRequests(method protoreflect.MethodDescriptor, content []byte) ([]proto.Message, error) {
	var requests []proto.Message
	for decoder := json.NewDecoder(bytes.NewReader(content)); ; {
		var one json.RawMessage
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the request is not JSON: %w", err)
		}
		request := dynamicpb.NewMessage(method.Input())
		if err := protojson.Unmarshal(one, request); err != nil {
			return nil, fmt.Errorf("the request is not a %s: %w", method.Input().Name(), err)
		}
		requests = append(requests, request)
	}
	if len(requests) != 1 && !method.IsStreamingClient() {
		return nil, fmt.Errorf("%d requests; %s takes one", len(requests), method.Name())
	}
	return requests, nil
}

// call sends the requests and writes each answer on a line of its own where there may be several.
func call(ctx context.Context, conn *grpc.ClientConn, method protoreflect.MethodDescriptor, requests []proto.Message, w io.Writer) error {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true},
		fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name()))
	if err != nil {
		return err
	}
	for _, request := range requests {
		if err := stream.SendMsg(request); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	format := protojson.MarshalOptions{Multiline: !method.IsStreamingServer(), EmitUnpopulated: false}
	for {
		answer := dynamicpb.NewMessage(method.Output())
		err := stream.RecvMsg(answer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := format.Marshal(answer)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n", text)
	}
}
