package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"

	"github.com/labtide/labtide/server/config"
	"github.com/labtide/labtide/server/fault"
)

// command is one word, or two, of the command line.
type command struct {
	name  string
	about string
	run   func(ctx context.Context, c *call) error
}

// call is one use of a command: its words, and where to write.
type call struct {
	flags  *flag.FlagSet
	args   []string
	stdout io.Writer // results
	stderr io.Writer // words for people
}

func commands() []command {
	return []command{
		{"run", "the server; without a file: SQLite and an embedded broker in ./labtide-data, on 127.0.0.1:8080", runServer},
		{"demo", "a living school; prints its address and accounts", runDemo},
		{"import", "bring in a folder of CSV files, all or nothing", runImport},
		{"policy export", "print the booking rules as YAML", exportPolicy},
		{"policy import", "make the booking rules those of a YAML file, all or nothing", importPolicy},
		{"ledger rebuild", "make the ledger anew from the time series", rebuildLedger},
		{"user add", "add a person; prints a one-time link to set the password", addUser},
		{"token create", "make an API token; prints the secret once", createToken},
		{"broker credentials", "password and ACL files for an external broker", brokerCredentials},
		{"config check", "say what is wrong with a configuration", checkConfig},
		{"config print", "print the configuration that holds, without secrets", printConfig},
		{"config example", "print the example file: every key with its default", exampleConfig},
		{"version", "print the version", printVersion},
	}
}

// usage is a wrong use of the command line: exit code 2.
type usage struct{ text string }

func (u usage) Error() string { return u.text }

// run is the program: exit code 0, 1 when it failed, 2 for wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		help(stderr)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	for _, cmd := range commands() {
		rest, ok := match(cmd.name, args)
		if !ok {
			continue
		}
		flags := flag.NewFlagSet("server "+cmd.name, flag.ContinueOnError)
		flags.SetOutput(stderr)
		return finish(cmd.run(ctx, &call{flags, rest, stdout, stderr}), stderr)
	}
	_, _ = fmt.Fprintf(stderr, "There is no command %q.\n\n", strings.Join(args, " "))
	help(stderr)
	return 2
}

// match reports whether the words of name begin args, and gives the rest.
func match(name string, args []string) ([]string, bool) {
	words := strings.Fields(name)
	if len(args) < len(words) {
		return nil, false
	}
	for i, word := range words {
		if args[i] != word {
			return nil, false
		}
	}
	return args[len(words):], true
}

func finish(err error, stderr io.Writer) int {
	var wrong usage
	var f *fault.Error
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &wrong):
		if wrong.text != "" {
			_, _ = fmt.Fprintln(stderr, wrong.text)
		}
		return 2
	case errors.As(err, &f) && f.Kind != fault.KindInternal:
		_, _ = fmt.Fprintln(stderr, f.Message)
	default:
		_, _ = fmt.Fprintln(stderr, err)
	}
	return 1
}

func help(w io.Writer) {
	_, _ = fmt.Fprint(w, "Labtide server. Usage: server COMMAND [flags]; server COMMAND -h says more.\n\n")
	for _, cmd := range commands() {
		_, _ = fmt.Fprintf(w, "  %-20s %s\n", cmd.name, cmd.about)
	}
}

// parse reads the flags; words is what has to follow them, for the message when it does not.
func (c *call) parse(words ...string) error {
	if err := c.flags.Parse(c.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usage{} // flag has said it
	}
	if c.flags.NArg() != len(words) {
		return usage{fmt.Sprintf("usage: %s [flags] %s", c.flags.Name(), strings.Join(words, " "))}
	}
	return nil
}

// settings adds the -config flag, reads the flags and the words behind them, and then the file and the environment.
func (c *call) settings(words ...string) (config.Config, error) {
	path := c.flags.String("config", "", "configuration `file` (YAML); without one the defaults and the environment hold")
	if err := c.parse(words...); err != nil {
		return config.Config{}, err
	}
	return config.Load(*path, os.Environ())
}

// logger writes as the configuration says.
func (c *call) logger(cfg config.Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Level)) // validated
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(c.stderr, options))
	}
	return slog.New(slog.NewTextHandler(c.stderr, options))
}

func (c *call) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stdout, format, args...) // a reader that went away is no fault of ours
}

func (c *call) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stderr, format, args...)
}

// version is set by the linker in a release; a build from a checkout names its commit.
var version = ""

func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "dev-" + s.Value[:12]
		}
	}
	return "dev"
}

func printVersion(_ context.Context, c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	c.printf("labtide server %s\n", versionText())
	return nil
}
