package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Whoever writes a client learns the reasons from the contract alone.
func TestEveryReasonStandsInTheContract(t *testing.T) {
	t.Parallel()
	contracts := map[string]string{
		"event": "event", "registration": "registration", "timing": "timing", "standings": "standings",
		// The scorer's faults come out of StandingsService.Rebuild.
		"scoring": "standings",
	}
	for service, contract := range contracts {
		path := filepath.Join("..", "..", "proto", "raceday", contract, "v1", contract+"_service.proto")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		written := map[string]bool{}
		for _, word := range regexp.MustCompile(`[A-Z][A-Z_]+`).FindAllString(string(text), -1) {
			written[word] = true
		}
		declared := reasonsOf(t, filepath.Join("..", service))
		if len(declared) == 0 {
			t.Errorf("services/%s declares no fault, want some", service)
		}
		for _, reason := range declared {
			if !written[reason] {
				t.Errorf("services/%s declares %s, and %s does not say so", service, reason, path)
			}
		}
	}
}

// reasonsOf returns the reasons of the faults that a package declares.
func reasonsOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if reason, ok := reasonOf(node); ok {
				reasons = append(reasons, reason)
			}
			return true
		})
	}
	return reasons
}

// reasonOf returns the reason of a call of fault.New.
func reasonOf(node ast.Node) (string, bool) {
	call, ok := node.(*ast.CallExpr)
	if !ok || len(call.Args) != 3 {
		return "", false
	}
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || function.Sel.Name != "New" {
		return "", false
	}
	if from, ok := function.X.(*ast.Ident); !ok || from.Name != "fault" {
		return "", false
	}
	literal, ok := call.Args[1].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	reason, err := strconv.Unquote(literal.Value)
	return reason, err == nil
}
