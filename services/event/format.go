package event

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"raceday/services/rules/race"
	"raceday/services/rules/racetime"
)

// Format writes an event as its canonical file: what ToMessage writes out, fields in the order of the message, instants in
// UTC. Equal events have equal files, and Parse gives the same event back.
func Format(e *race.Event) []byte {
	w := &writer{}
	w.block(0, ToMessage(e).ProtoReflect())
	return []byte(w.String())
}

// writer writes messages as YAML: what holds the most over several lines, all else on one.
type writer struct {
	strings.Builder
}

// block writes the fields of a message, one a line, where the cursor stands at the indent of the first.
func (w *writer) block(indent int, m protoreflect.Message) {
	first := true
	for field := range written(m) {
		if !first {
			w.indent(indent)
		}
		first = false
		w.WriteString(string(field.Name()) + ":")
		value := m.Get(field)
		switch {
		case field.IsList() && field.Message() != nil:
			w.blockList(indent, value.List())
		case isBlock(field):
			w.WriteString("\n")
			w.indent(indent + 2)
			w.block(indent+2, value.Message())
		default:
			w.WriteString(" " + flow(field, value) + "\n")
		}
	}
}

func (w *writer) blockList(indent int, l protoreflect.List) {
	w.WriteString("\n")
	for i := range l.Len() {
		w.indent(indent + 2)
		w.WriteString("- ")
		if m := l.Get(i).Message(); m.Descriptor().Name() == "Race" {
			w.block(indent+4, m)
		} else {
			w.WriteString(flowMessage(m) + "\n")
		}
	}
}

func (w *writer) indent(n int) { w.WriteString(strings.Repeat(" ", n)) }

// isBlock reports whether a field is a message with lists of its own.
func isBlock(field protoreflect.FieldDescriptor) bool {
	return field.Message() != nil && field.Message().Name() == "Team"
}

// written yields the fields that a canonical file has: those set, and every number, since a course's 0 is meant.
func written(m protoreflect.Message) func(yield func(protoreflect.FieldDescriptor) bool) {
	return func(yield func(protoreflect.FieldDescriptor) bool) {
		fields := m.Descriptor().Fields()
		for i := range fields.Len() {
			field := fields.Get(i)
			number := field.Kind() == protoreflect.DoubleKind || field.Kind() == protoreflect.Int32Kind
			if m.Has(field) || number && !field.IsList() && !field.HasPresence() {
				if !yield(field) {
					return
				}
			}
		}
	}
}

func flow(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if !field.IsList() {
		return scalarText(field, value)
	}
	elements := make([]string, value.List().Len())
	for i := range elements {
		elements[i] = scalarText(field, value.List().Get(i))
	}
	return "[" + strings.Join(elements, ", ") + "]"
}

func flowMessage(m protoreflect.Message) string {
	var fields []string
	for field := range written(m) {
		fields = append(fields, string(field.Name())+": "+flow(field, m.Get(field)))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// scalarText writes what the reader's parseScalar reads.
func scalarText(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	switch field.Kind() {
	case protoreflect.StringKind:
		return quote(value.String())
	case protoreflect.DoubleKind:
		return strconv.FormatFloat(value.Float(), 'f', -1, 64)
	case protoreflect.EnumKind:
		name := field.Enum().Values().ByNumber(value.Enum()).Name()
		return strings.TrimPrefix(string(name), enumPrefix(field.Enum()))
	case protoreflect.MessageKind:
		switch m := value.Message().Interface().(type) {
		case *timestamppb.Timestamp:
			return strconv.Quote(racetime.At(m.AsTime()).String())
		case *durationpb.Duration:
			return durationText(m)
		}
		return flowMessage(value.Message())
	}
	return value.String()
}

// durationText writes seconds with the decimals that there are: 1800s, 0.35s.
func durationText(d *durationpb.Duration) string {
	sign, seconds, nanos := "", d.GetSeconds(), d.GetNanos()
	if seconds < 0 || nanos < 0 {
		sign, seconds, nanos = "-", -seconds, -nanos
	}
	text := sign + strconv.FormatInt(seconds, 10)
	if nanos != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%09d", nanos), "0")
	}
	return text + "s"
}

var (
	bareText  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9/_-]*$`)
	otherWord = regexp.MustCompile(`^(?i:null|true|false|yes|no|on|off|y|n)$`)
)

// quote leaves words as they are and puts all else into double quotes, so that no reader takes it for something else.
func quote(text string) string {
	if bareText.MatchString(text) && !otherWord.MatchString(text) {
		return text
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
