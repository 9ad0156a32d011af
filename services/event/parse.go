package event

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	eventv1 "raceday/proto/raceday/event/v1"
	"raceday/services/rules/race"
)

// FileFault is one thing wrong with an event file.
type FileFault struct {
	// Line counts from 1. A field that is missing has the line of what should hold it.
	Line int
	// Path leads to the field, as in race.Problem; empty for the file as a whole.
	Path string
	// Reason completes the sentence that the path begins.
	Reason string
}

// String writes the fault on one line.
func (f FileFault) String() string {
	return fmt.Sprintf("line %d: %s", f.Line, race.Problem{Path: f.Path, Reason: f.Reason})
}

// FileFaults are all faults of an event file, by line. It is the error of Parse.
type FileFaults []FileFault

// Error lists each fault on a line of its own.
func (f FileFaults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// The bounds of an event file. The largest real ones have some 20 KB, 500 lines and seven levels; the YAML parser's time grows
// with the square of each.
const (
	maxFileBytes   = 256 << 10
	maxFileLines   = 5000
	maxNesting     = 32
	maxEntryColumn = 100
	tooLarge       = "the event is larger than 256 KiB or 5000 lines"
)

func isTooLarge(file []byte) bool {
	lines := max(bytes.Count(file, []byte{'\n'}), bytes.Count(file, []byte{'\r'})) // CR LF ends one line.
	return len(file) > maxFileBytes || lines > maxFileLines
}

// Parse reads an event file, fills in the defaults and checks everything. The error is a FileFaults with all that is wrong.
func Parse(file []byte) (*race.Event, error) {
	body, fault := parseYAML(file)
	if fault != nil {
		return nil, FileFaults{*fault}
	}
	message := &eventv1.Event{}
	r := &reader{lines: map[string]int{}}
	r.message("", message.ProtoReflect(), body)
	event, problems := FromMessage(message)
	for _, p := range unrelated(problems, r.faultyPaths()) {
		r.faults = append(r.faults, FileFault{r.lineOf(p.Path), p.Path, p.Reason})
	}
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, func(a, b FileFault) int { return cmp.Compare(a.Line, b.Line) })
		return nil, r.faults
	}
	return event, nil
}

// parseYAML returns the one document of a file, or the fault that keeps it from being read any further.
func parseYAML(file []byte) (body ast.Node, fault *FileFault) {
	// The parser is not ours; a mistake of its own must cost one request only.
	defer func() {
		if recover() != nil {
			body, fault = nil, &FileFault{Line: 1, Reason: "is not YAML that can be read"}
		}
	}()
	if isTooLarge(file) {
		return nil, &FileFault{Line: 1, Reason: tooLarge}
	}
	if line, ok := firstNotUTF8(file); ok {
		return nil, &FileFault{Line: line, Reason: "the file is not UTF-8"}
	}
	tokens := lexer.Tokenize(string(file))
	if fault := unsupported(tokens); fault != nil {
		return nil, fault
	}
	// The reader finds all keys that stand twice, the parser only the first.
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxFault(err)
	}
	for _, document := range parsed.Docs {
		switch {
		case document.Body == nil:
		case body != nil:
			return nil, &FileFault{Line: lineOf(document.Body), Reason: "the file holds a second document"}
		default:
			body = document.Body
		}
	}
	if body == nil {
		return nil, &FileFault{Line: 1, Reason: "the file is empty"}
	}
	return body, nil
}

func firstNotUTF8(file []byte) (line int, found bool) {
	line = 1
	for text := range strings.Lines(string(file)) {
		if !utf8.ValidString(text) {
			return line, true
		}
		line++
	}
	return 0, false
}

// unsupported finds what an event file may not use: references, tags, keys that are not plain, and deep nesting.
func unsupported(tokens token.Tokens) *FileFault {
	nesting := 0
	for _, t := range tokens {
		reason := ""
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			reason = "anchors and references are not read; write the value out"
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			reason = "tags, directives and ? keys are not read"
		case token.SequenceStartType, token.MappingStartType:
			nesting++
		case token.SequenceEndType, token.MappingEndType:
			nesting--
		}
		if nesting > maxNesting || t.Type == token.SequenceEntryType && t.Position.Column > maxEntryColumn {
			reason = "nests too deep"
		}
		if reason != "" {
			return &FileFault{Line: t.Position.Line, Reason: reason}
		}
	}
	return nil
}

// syntaxFault keeps line and message of a parser's error, which otherwise quotes the file.
func syntaxFault(err error) *FileFault {
	type located interface {
		error
		GetToken() *token.Token
		GetMessage() string
	}
	fault := &FileFault{Line: 1, Reason: "is not YAML that can be read"}
	if at, ok := errors.AsType[located](err); ok {
		fault.Reason = "is not YAML: " + at.GetMessage()
		if t := at.GetToken(); t != nil && t.Position != nil {
			fault.Line = t.Position.Line
		}
	}
	return fault
}

// unrelated leaves out the problems that may only follow from fields that are faulty already: those at, above and beneath
// them. Without its format nothing is known of a race's rules.
func unrelated(problems []race.Problem, faulty []string) []race.Problem {
	at, above := map[string]bool{}, map[string]bool{}
	for _, path := range faulty {
		path = strings.TrimSuffix(path, ".format")
		at[path] = true
		for path = parent(path); path != ""; path = parent(path) {
			above[path] = true
		}
	}
	return slices.DeleteFunc(problems, func(p race.Problem) bool {
		if above[p.Path] {
			return true
		}
		for path := p.Path; path != ""; path = parent(path) {
			if at[path] {
				return true
			}
		}
		return false
	})
}

// parent returns the path of what holds the field or element; empty for the file's root.
func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }
