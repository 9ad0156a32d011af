package event

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"raceday/services/rules/racetime"
)

// reader fills a message from YAML. It knows the shape of the file, which is the message's, and none of its rules.
type reader struct {
	// lines has the line of every field and element that stands in the file, by path.
	lines  map[string]int
	faults FileFaults
}

// message reads the fields of one message; at is empty for the file's root.
func (r *reader) message(at string, m protoreflect.Message, node ast.Node) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		r.fault(node, at, "is no set of fields")
		return
	}
	first := map[string]int{}
	for pair := mapping.MapRange(); pair.Next(); {
		key, ok := scalar(pair.Key())
		line := lineOf(pair.Key())
		path := join(at, key)
		field := m.Descriptor().Fields().ByName(protoreflect.Name(key))
		switch {
		case !ok || field == nil:
			r.faults = append(r.faults, FileFault{line, join(at, plainKey(key)), "is unknown"})
		case first[key] != 0:
			r.faults = append(r.faults, FileFault{line, path, fmt.Sprintf("stands twice, first on line %d", first[key])})
		default:
			first[key] = line
			r.lines[path] = line
			r.field(path, m, field, pair.Value())
		}
	}
}

// field reads one field. One without a value stays unset.
func (r *reader) field(path string, m protoreflect.Message, field protoreflect.FieldDescriptor, node ast.Node) {
	if empty(node) {
		return
	}
	if field.IsList() {
		r.list(path, m.Mutable(field).List(), field, node)
		return
	}
	if value, ok := r.value(path, m.NewField(field), field, node); ok {
		m.Set(field, value)
	}
}

// list reads elements. One that cannot be read keeps its place, so that the paths of the others are right.
func (r *reader) list(path string, l protoreflect.List, field protoreflect.FieldDescriptor, node ast.Node) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		r.fault(node, path, "is no list")
		return
	}
	for i, element := range sequence.Values {
		at := path + "[" + strconv.Itoa(i) + "]"
		if empty(element) {
			r.faults = append(r.faults, FileFault{lineOf(element), at, "is empty"})
			l.Append(l.NewElement())
			continue
		}
		r.lines[at] = lineOf(element)
		value, ok := r.value(at, l.NewElement(), field, element)
		if !ok {
			value = l.NewElement()
		}
		l.Append(value)
	}
}

// value reads one value; blank is a new one of the field's type.
func (r *reader) value(path string, blank protoreflect.Value, field protoreflect.FieldDescriptor, node ast.Node) (protoreflect.Value, bool) {
	message := field.Message()
	if message != nil && message.FullName() != instantType && message.FullName() != durationType {
		r.message(path, blank.Message(), node)
		return blank, true
	}
	text, ok := scalar(node)
	if !ok {
		r.fault(node, path, "is no single value")
		return protoreflect.Value{}, false
	}
	value, reason := parseScalar(field, text)
	if reason != "" {
		r.fault(node, path, reason)
		return protoreflect.Value{}, false
	}
	return value, true
}

const (
	instantType  = protoreflect.FullName("google.protobuf.Timestamp")
	durationType = protoreflect.FullName("google.protobuf.Duration")
)

var (
	wholeNumber   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	decimalNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

// maxDigits are those that a double carries exactly. FromMessage says how many decimals a field may have.
const maxDigits = 15

// parseScalar reads the text of a value. A reason says why it cannot be read.
func parseScalar(field protoreflect.FieldDescriptor, text string) (value protoreflect.Value, reason string) {
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), ""
	case protoreflect.BoolKind:
		if text != "true" && text != "false" {
			return value, short(text) + " is neither true nor false"
		}
		return protoreflect.ValueOfBool(text == "true"), ""
	case protoreflect.Int32Kind:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || !wholeNumber.MatchString(text) {
			return value, short(text) + " is no whole number"
		}
		return protoreflect.ValueOfInt32(int32(n)), ""
	case protoreflect.DoubleKind:
		return parseDecimal(text)
	case protoreflect.EnumKind:
		return parseEnum(field.Enum(), text)
	case protoreflect.MessageKind:
		if field.Message().FullName() == instantType {
			return parseInstant(text)
		}
		return parseDuration(text)
	}
	return value, "cannot be given in a file" // No field of an event has another kind.
}

func parseDecimal(text string) (value protoreflect.Value, reason string) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimalNumber.MatchString(text) {
		return value, short(text) + " is no number"
	}
	if strings.Contains(text, ".") {
		text = strings.TrimRight(text, "0")
	}
	if len(strings.NewReplacer("-", "", ".", "").Replace(text)) > maxDigits {
		return value, fmt.Sprintf("has more than %d digits", maxDigits)
	}
	return protoreflect.ValueOfFloat64(n), ""
}

// parseEnum reads the name of a value without the prefix that all values of its enum share.
func parseEnum(enum protoreflect.EnumDescriptor, text string) (value protoreflect.Value, reason string) {
	prefix := enumPrefix(enum)
	if v := enum.Values().ByName(protoreflect.Name(prefix + text)); v != nil && v.Number() != 0 {
		return protoreflect.ValueOfEnum(v.Number()), ""
	}
	names := make([]string, 0, enum.Values().Len())
	for i := 1; i < enum.Values().Len(); i++ {
		names = append(names, strings.TrimPrefix(string(enum.Values().Get(i).Name()), prefix))
	}
	return value, short(text) + " is none of " + strings.Join(names, ", ")
}

func enumPrefix(enum protoreflect.EnumDescriptor) string {
	return strings.TrimSuffix(string(enum.Values().ByNumber(0).Name()), "UNSPECIFIED")
}

func parseInstant(text string) (value protoreflect.Value, reason string) {
	at, err := racetime.ParseInstant(text)
	if err != nil {
		return value, short(text) + " is " + err.Error()
	}
	return protoreflect.ValueOfMessage(timestamppb.New(at.Time()).ProtoReflect()), ""
}

func parseDuration(text string) (value protoreflect.Value, reason string) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return value, short(text) + " is no duration such as 1800s, 30m or 0.5s"
	}
	return protoreflect.ValueOfMessage(durationpb.New(d).ProtoReflect()), ""
}

func (r *reader) fault(node ast.Node, path, reason string) {
	r.faults = append(r.faults, FileFault{lineOf(node), path, reason})
}

func (r *reader) faultyPaths() []string {
	paths := make([]string, 0, len(r.faults))
	for _, fault := range r.faults {
		paths = append(paths, fault.Path)
	}
	return paths
}

// lineOf returns the line of the field, or of the nearest that holds it and stands in the file.
func (r *reader) lineOf(path string) int {
	for ; path != ""; path = parent(path) {
		if line, ok := r.lines[path]; ok {
			return line
		}
	}
	return 1
}

// scalar returns the text of a single value, quoted or not; false for lists and sets of fields.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode, *ast.NullNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func empty(node ast.Node) bool {
	if node == nil {
		return true
	}
	_, ok := node.(*ast.NullNode)
	return ok
}

// lineOf returns the line on which a node begins.
func lineOf(node ast.Node) int {
	switch n := node.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return lineOf(n.Values[0])
		}
	case *ast.MappingValueNode:
		return lineOf(n.Key)
	}
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 1
	}
	return node.GetToken().Position.Line
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// plainKey makes a key that nobody knows fit for a path.
func plainKey(key string) string {
	if plain.MatchString(key) {
		return key
	}
	return short(key)
}

// short quotes what stands in a file, cut to what a line of a terminal bears.
func short(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}
