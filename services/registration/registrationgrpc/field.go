package registrationgrpc

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"raceday/services/fault"
)

func invalid(f *fault.Fault, path string) error {
	return f.With(f.At(path))
}

// within returns err with the fields of a message where the request has them: in the field that holds the message. Fields
// that the message does not have stay where they are, and all do where the request does not have the message.
func within(holder string, message proto.Message, err error) error {
	found, ok := fault.Of(err)
	violations := slices.Clone(fault.Violations(err))
	if !ok || len(violations) == 0 || !message.ProtoReflect().IsValid() {
		return err
	}
	fields := message.ProtoReflect().Descriptor().Fields()
	for i, v := range violations {
		first, _, _ := strings.Cut(v.Path, ".")
		first, _, _ = strings.Cut(first, "[")
		if fields.ByName(protoreflect.Name(first)) != nil {
			violations[i].Path = holder + "." + v.Path
		}
	}
	return found.With(violations...)
}
