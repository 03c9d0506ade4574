package main

import (
	"context"

	"github.com/labtide/labtide/configs"
)

func checkConfig(_ context.Context, c *call) error {
	if _, err := c.settings(); err != nil {
		return err
	}
	c.sayf("The configuration is sound.\n")
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
	c.printf("%s", text)
	return nil
}

func exampleConfig(_ context.Context, c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	c.printf("%s", configs.ServerExample())
	return nil
}
