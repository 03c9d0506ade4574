package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/labtide/labtide/server/app"
	"github.com/labtide/labtide/server/broker"
	"github.com/labtide/labtide/server/config"
)

// brokerCredentials writes what Mosquitto needs to know of the server and of every device that has enrolled. Run it again
// when a device enrols or is disabled, and tell Mosquitto to read its files anew (SIGHUP).
func brokerCredentials(ctx context.Context, c *call) error {
	format := c.flags.String("format", "mosquitto", "the broker's `format`; mosquitto is the one that we know")
	out := c.flags.String("out", ".", "the `folder` for the files labtide.passwords and labtide.acl")
	var others []string
	c.flags.Func("also", "the configuration `file` of another server process on the same broker: its account is written, too", func(path string) error {
		others = append(others, path)
		return nil
	})
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	if *format != "mosquitto" {
		return usage{"-format knows mosquitto only"}
	}
	servers := []broker.Account{{Name: cfg.MQTT.Username, Password: cfg.MQTT.Password}}
	for _, path := range others {
		other, err := config.Load(path, nil)
		if err != nil {
			return err
		}
		servers = append(servers, broker.Account{Name: other.MQTT.Username, Password: other.MQTT.Password})
	}
	if cfg.MQTT.Password == "" {
		return errors.New("mqtt.password: the server's own password at the broker is empty; set it, and mqtt.username, first")
	}
	stores, err := app.OpenStores(ctx, cfg, c.logger(cfg.Log))
	if err != nil {
		return err
	}
	return errors.Join(c.writeCredentials(ctx, stores, servers, *out), stores.Close())
}

func (c *call) writeCredentials(ctx context.Context, stores *app.Stores, servers []broker.Account, folder string) error {
	devices, err := stores.Equipment.Devices(ctx)
	if err != nil {
		return err
	}
	var passwords, acl bytes.Buffer
	if err := errors.Join(broker.WriteMosquittoPasswords(&passwords, servers, devices), broker.WriteMosquittoACL(&acl, servers)); err != nil {
		return err
	}
	for name, content := range map[string][]byte{"labtide.passwords": passwords.Bytes(), "labtide.acl": acl.Bytes()} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("write the credentials: %w", err)
		}
		c.printf("%s\n", path)
	}
	c.sayf("Put password_file and acl_file of mosquitto.conf on these, readable by Mosquitto, and send it SIGHUP.\n")
	return nil
}
