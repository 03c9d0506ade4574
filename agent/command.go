package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/labtide/labtide/agent/app"
	"github.com/labtide/labtide/agent/config"
	"github.com/labtide/labtide/agent/screen"
	"github.com/labtide/labtide/configs"
)

// command is one word, or two, of the command line.
type command struct {
	name  string
	about string
	run   func(context.Context, *call) error
}

func commands() []command {
	return []command{
		{"run", "watch this computer and tell the server; the same as no command", runAgent},
		{"enroll", "trade a one-time code for this device's credentials", enroll},
		{"status", "tell what the agent of this computer does", status},
		{"screen", "show the notices of this computer's agent in this session; for one that runs as a service", followNotices},
		{"config check", "say what is wrong with a configuration", checkConfig},
		{"config print", "print the configuration that holds", printConfig},
		{"config example", "print the example file: every key with its default", exampleConfig},
		{"version", "print the version", printVersion},
	}
}

// call is one use of a command.
type call struct {
	flags  *flag.FlagSet
	args   []string
	stdout io.Writer // results
	stderr io.Writer // words for people
}

// misuse is a wrong use of the command line: exit code 2.
type misuse struct{ error }

// run is the program: exit code 0, 1 when it failed, 2 for wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && !isHelp(args[0]) {
		args = append([]string{"run"}, args...)
	}
	if isHelp(args[0]) {
		help(stdout)
		return 0
	}
	c, rest := find(args)
	if c == nil {
		fmt.Fprintf(stderr, "there is no command %q\n\n", strings.Join(args, " "))
		help(stderr)
		return 2
	}
	flags := flag.NewFlagSet("agent "+c.name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintf(stderr, "agent %s: %s\n", c.name, c.about)
		flags.PrintDefaults()
	}
	err := c.run(ctx, &call{flags: flags, args: rest, stdout: stdout, stderr: stderr})
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, new(misuse)):
		fmt.Fprintln(stderr, err)
		return 2
	}
	fmt.Fprintln(stderr, err)
	return 1
}

func isHelp(word string) bool {
	return word == "help" || word == "-h" || word == "-help" || word == "--help"
}

// find returns the command that the arguments begin with, and the arguments behind it.
func find(args []string) (*command, []string) {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return &c, args[len(words):]
		}
	}
	return nil, nil
}

func help(w io.Writer) {
	fmt.Fprintf(w, "Labtide agent %s. Usage: agent COMMAND; agent COMMAND -h says more.\n\n", app.Version)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-14s %s\n", c.name, c.about)
	}
}

// parse reads the flags; nothing may be left over.
func (c *call) parse() error {
	if err := c.flags.Parse(c.args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return misuse{fmt.Errorf("see agent -h")} // the flag set said what is wrong
	}
	if c.flags.NArg() > 0 {
		return misuse{fmt.Errorf("%q is too much; see %s -h", c.flags.Arg(0), c.flags.Name())}
	}
	return nil
}

// settings adds the flag for the file, reads the flags, and then the file and the environment.
func (c *call) settings() (config.Config, error) {
	file := c.flags.String("config", "", "`FILE` of settings; without it the defaults and the environment hold")
	if err := c.parse(); err != nil {
		return config.Config{}, err
	}
	return config.Load(*file, os.Environ())
}

func runAgent(ctx context.Context, c *call) error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	agent, err := app.New(cfg, logger(cfg.Log, c.stderr))
	if err != nil {
		return err
	}
	return agent.Run(ctx)
}

func logger(l config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func enroll(ctx context.Context, c *call) error {
	var e app.Enrolment
	c.flags.StringVar(&e.Server, "server", "", "`URL` of the server, such as https://labs.school.example")
	c.flags.StringVar(&e.Code, "code", "", "the one-time `CODE` from the dashboard")
	c.flags.BoolVar(&e.Replace, "replace", false, "replace the credentials that this computer has")
	ca := c.flags.String("ca", "", "`FILE` of certificates (PEM) to trust for the server")
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	if e.Server == "" || e.Code == "" {
		return misuse{errors.New("agent enroll needs -server URL and -code CODE")}
	}
	if *ca != "" {
		if e.CA, err = os.ReadFile(*ca); err != nil {
			return fmt.Errorf("-ca: %w", err)
		}
	}
	e.Data = cfg.Data.Path()
	if inTheClear(e.Server) {
		fmt.Fprintln(c.stderr, "note: the code and the credentials cross the network unencrypted; use https where you can")
	}
	credentials, err := app.Enroll(ctx, e)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "enrolled as %s at %s; the credentials are in %s\n", credentials.Device, credentials.Broker, e.Data)
	fmt.Fprintln(c.stdout, "now start the agent: agent run")
	return nil
}

// inTheClear reports whether the address is plain HTTP to another machine.
func inTheClear(server string) bool {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

func status(_ context.Context, c *call) error {
	asJSON := c.flags.Bool("json", false, "print JSON for scripts")
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	s, err := app.ReadStatus(cfg)
	if err != nil {
		return err
	}
	if *asJSON {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(s)
	}
	return s.Print(c.stdout)
}

func followNotices(ctx context.Context, c *call) error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	board := screen.Board{Path: cfg.Notices.ServicePath()}
	return board.Follow(ctx, screen.Session(os.Getenv).Show, logger(cfg.Log, c.stderr))
}

func checkConfig(_ context.Context, c *call) error {
	if _, err := c.settings(); err != nil {
		return err
	}
	fmt.Fprintln(c.stderr, "the configuration is good")
	return nil
}

func printConfig(_ context.Context, c *call) error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	text, err := cfg.Encode()
	if err != nil {
		return err
	}
	_, err = c.stdout.Write(text)
	return err
}

func exampleConfig(_ context.Context, c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	_, err := io.WriteString(c.stdout, configs.AgentExample())
	return err
}

func printVersion(_ context.Context, c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(c.stdout, "labtide agent %s%s %s %s/%s\n", app.Version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
