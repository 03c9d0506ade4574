package main

import (
	"context"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/app"
)

func runServer(ctx context.Context, c *call) error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	server, err := app.New(ctx, cfg, app.Options{Version: versionText()}, c.logger(cfg.Log))
	if err != nil {
		return err
	}
	if err := c.welcome(ctx, server); err != nil {
		return err
	}
	c.sayf("Labtide is at %s, the broker for devices at %s\n", server.URL(), server.BrokerURL())
	return server.Run(ctx)
}

// welcome makes the first administrator and prints the link by which they set their password.
func (c *call) welcome(ctx context.Context, server *app.Server) error {
	people, err := account.New(server.Stores().Accounts, time.Now)
	if err != nil {
		return err
	}
	secret, err := people.FirstRun(ctx)
	if err != nil || secret == "" {
		return err
	}
	c.sayf("Welcome. Nobody has an account yet: open this link, once, to become the administrator:\n")
	c.printf("%s\n", account.WelcomeURL(server.URL(), secret))
	return nil
}
