package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"
)

type benchAllCommand struct {
	JSON bool `name:"json" help:"Print the figures of all benches as one JSON document."`
	turns
	Scale float64 `default:"1" help:"Share of the sizes that benches have by themselves, more than 0 and at most 1. Below 1 it only shows that they run."`
}

// Validate refuses benches that measure nothing.
func (c *benchAllCommand) Validate() error {
	if !(c.Scale > 0 && c.Scale <= 1) {
		return errors.New("--scale must be more than 0 and at most 1")
	}
	if c.Runs < 1 {
		return errors.New("--runs must be at least 1")
	}
	return nil
}

// Run runs the benches one after another, each in a process of its own: neither its memory nor its caches weigh on the next.
func (c *benchAllCommand) Run(t *terminal, parsed *kong.Context) error {
	var benches []*kong.Node
	for _, bench := range parsed.Selected().Parent.Children {
		if !bench.Hidden && bench != parsed.Selected() {
			benches = append(benches, bench)
		}
	}
	return c.each(t, benches, t.runBench)
}

// each runs benches and prints what they found. One that fails does not keep the others from running.
func (c *benchAllCommand) each(t *terminal, benches []*kong.Node, run func(arguments []string) ([]byte, error)) error {
	shown := newProgress(t.stderr)
	found, failed := map[string]json.RawMessage{}, error(nil)
	met, missed := 0, 0
	for i, bench := range benches {
		name := bench.Name
		shown.show("bench %d of %d: %s", i+1, len(benches), name)
		out, err := run(c.arguments(bench))
		shown.end()
		if t.ctx.Err() != nil {
			failed = errors.Join(failed, fmt.Errorf("%w in bench %d of %d, %s", errInterrupted, i+1, len(benches), name))
			break
		}
		met, missed = met+bytes.Count(out, []byte("\n  met: ")), missed+bytes.Count(out, []byte("\n  missed: "))
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
			if out, err = json.Marshal(map[string]string{"error": err.Error()}); err != nil {
				return err
			}
		} else if !c.JSON {
			fmt.Fprintf(t.stdout, "%s", out)
		}
		found[name] = out
	}
	if c.JSON {
		return errors.Join(failed, json.NewEncoder(t.stdout).Encode(found))
	}
	fmt.Fprintf(t.stdout, "%d reaches are met, %d missed\n", met, missed)
	return failed
}

// arguments returns those that make raceday run a bench. Of its flags, the sizes are those tagged so.
func (c *benchAllCommand) arguments(bench *kong.Node) []string {
	arguments := []string{"bench", bench.Name}
	if c.JSON {
		arguments = append(arguments, "--json")
	}
	for _, flag := range bench.Flags {
		switch {
		case flag.Name == "runs":
			arguments = append(arguments, fmt.Sprintf("--runs=%d", c.Runs))
		case flag.Tag.Has("size") && c.Scale < 1:
			usual, err := strconv.Atoi(flag.Default)
			if err != nil {
				panic(err) // a programmer's mistake in the struct of the bench
			}
			arguments = append(arguments, fmt.Sprintf("--%s=%d", flag.Name, max(1, int(c.Scale*float64(usual)))))
		}
	}
	return arguments
}

// runBench returns what a bench printed. What it said beside that goes to stderr, or into the error where it failed.
func (t *terminal) runBench(arguments []string) ([]byte, error) {
	bench, err := newProcess(t.ctx, arguments...)
	if err != nil {
		return nil, err
	}
	var said bytes.Buffer
	bench.Stderr = &said
	out, err := bench.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	_, err = said.WriteTo(t.stderr)
	return out, err
}
