// Command raceday runs a road race: registration, timing and standings. This package is wiring, configuration and
// commands; what they do is in services.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// The exit statuses of every command.
const (
	exitSuccess = 0
	exitFailure = 1
	exitUsage   = 2
)

// terminal is where a command reads its surroundings and writes its answers.
type terminal struct {
	ctx    context.Context
	getenv func(string) string
	stdout io.Writer
	stderr io.Writer
}

type cli struct {
	Demo      demoCommand      `cmd:"" help:"Run a whole race day with nothing installed beforehand."`
	Serve     serveCommand     `cmd:"" help:"Run the services."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database schema up to date."`
	Key       keyCommand       `cmd:"" help:"Manage API keys."`
	Event     eventCommand     `cmd:"" help:"Apply and read events."`
	Roster    rosterCommand    `cmd:"" help:"Import and export rosters."`
	Places    placesCommand    `cmd:"" help:"Show what the races of an event have left."`
	CheckIn   checkInCommand   `cmd:"" name:"checkin" help:"Hand out bib and chip."`
	Reads     readsCommand     `cmd:"" help:"Publish reads as mats do."`
	Mats      matsCommand      `cmd:"" help:"Show how the mats do, those with a trouble first."`
	Race      raceCommand      `cmd:"" help:"Start and close races."`
	OnCourse  onCourseCommand  `cmd:"" name:"oncourse" help:"Show who is out on the course, whatever the status, the longest overdue first."`
	Anomalies anomaliesCommand `cmd:"" help:"Show what officials should look at in the reads."`
	Rulings   rulingsCommand   `cmd:"" help:"Record officials' rulings."`
	Cards     cardsCommand     `cmd:"" help:"Show the judges' sheet of a race: every card, what it amounts to, and whether the sheet is closed."`
	Score     scoreCommand     `cmd:"" help:"Score a race day offline: no server, no database."`
	Results   resultsCommand   `cmd:"" help:"Export results."`
	Facts     factsCommand     `cmd:"" help:"Export the facts that results follow from."`
	Simulate  simulateCommand  `cmd:"" help:"Write or publish reads as real mats would produce them, and the truth beside them."`
	Standings standingsCommand `cmd:"" help:"Show standings in the terminal."`
	Legs      legsCommand      `cmd:"" help:"Show the legs of a relay: who ran them, how fast, and the standings after each; or those of one team."`
	Result    resultCommand    `cmd:"" help:"Show the result of one entrant: times, splits with pace, ranks and legs."`
	Awards    awardsCommand    `cmd:"" help:"Show who wins the prizes of a race, announce it, and hand the prizes over."`
	Records   recordsCommand   `cmd:"" help:"Show the records of courses, enter one, import them."`
	Editions  editionsCommand  `cmd:"" help:"Show who won past editions, import winners."`
	Official  officialCommand  `cmd:"" help:"Publish lists: provisional, official, amended; and show them as they were published."`
	Explain   explainCommand   `cmd:"" help:"Explain a result: its reads, what became of each, passings, rulings and times."`
	Chips     chipsCommand     `cmd:"" help:"Assign and swap chips, and show those that nobody wears."`
	Call      callCommand      `cmd:"" help:"Call any RPC with protobuf JSON."`
	Audit     auditCommand     `cmd:"" help:"Show and verify what officials did."`
	Rebuild   rebuildCommand   `cmd:"" help:"Recompute everything from the stored facts and compare."`
	Bench     benchCommand     `cmd:"" help:"Run a benchmark beside its floor."`
}

// run is main without the process around it. It returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	t := &terminal{ctx: ctx, getenv: getenv, stdout: stdout, stderr: stderr}
	exited := -1
	parser, err := kong.New(&cli{},
		kong.Name("raceday"),
		kong.Description("Race-day registration and timing."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(status int) { exited = status }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(t),
		kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			return variable(getenv, flag), nil
		})),
	)
	if err != nil {
		panic(err) // a programmer's mistake in the struct above
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "raceday: %v\n", err)
		var wrong *kong.ParseError
		if errors.As(err, &wrong) && wrong.Context.Command() != "" {
			fmt.Fprintf(stderr, "try: raceday %s --help\n", wrong.Context.Command())
		} else {
			fmt.Fprintln(stderr, "try: raceday --help")
		}
		return exitUsage
	}
	if err := command.Run(); err != nil {
		printError(stderr, whyEnded(ctx, err))
		return exitFailure
	}
	return exitSuccess
}

// variable returns what the environment says of a flag, nil where it says nothing.
func variable(getenv func(string) string, flag *kong.Flag) any {
	name := flag.Tag.Get("variable")
	if name == "" || getenv(name) == "" {
		return nil
	}
	return getenv(name)
}
