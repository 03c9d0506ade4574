package broker

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/labtide/labtide/agent/wire"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// Account is a server process on an external broker. Each process needs its own: see configs/mosquitto.
type Account struct {
	Name     string
	Password string
}

// shortestPassword keeps accounts as hard to guess as the random secrets of devices: their hashes are as cheap.
const shortestPassword = 16

// WriteMosquittoPasswords writes the password file: the servers, and the devices that have enrolled and are not
// disabled. The secrets of devices are not known here, and need not be: the register keeps their hashes in this form.
func WriteMosquittoPasswords(w io.Writer, servers []Account, devices []equipment.Device) error {
	out := bufio.NewWriter(w)
	taken := map[string]bool{}
	for _, a := range servers {
		if err := checkAccount(a); err != nil {
			return err
		}
		taken[a.Name] = true
		fmt.Fprintf(out, "%s:%s\n", a.Name, equipment.HashSecret(a.Password))
	}
	for _, d := range devices {
		if len(d.SecretHash) == 0 || !d.DisabledAt.IsZero() {
			continue
		}
		if taken[d.ID] {
			return fault.Conflict("account_is_a_device", "%s is the id of a device; give the server another account", d.ID).On("mqtt.username")
		}
		if !wire.ValidDevice(d.ID) {
			return fault.Invalid("device_id_invalid", "%q is no device id", d.ID)
		}
		fmt.Fprintf(out, "%s:%s\n", d.ID, d.SecretHash)
	}
	return out.Flush()
}

// WriteMosquittoACL writes the access file: a device its own, by patterns that hold for devices to come as well, and
// the servers all that servers need.
func WriteMosquittoACL(w io.Writer, servers []Account) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "# Written by Labtide. Each device may use its own topics and no others; %u is its user name.")
	for _, c := range channels() {
		fmt.Fprintf(out, "pattern %s %s\n", access(c.FromDevice()), wire.Topic("%u", c))
	}
	for _, a := range servers {
		if err := checkAccount(a); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nuser %s\n", a.Name)
		for _, c := range channels() {
			fmt.Fprintf(out, "topic %s %s\n", access(!c.FromDevice()), wire.Filter(c))
		}
	}
	return out.Flush()
}

func channels() []wire.Channel {
	return []wire.Channel{wire.ChannelUsage, wire.ChannelState, wire.ChannelAck, wire.ChannelNotice, wire.ChannelConfig}
}

func access(write bool) string {
	if write {
		return "write"
	}
	return "read"
}

func checkAccount(a Account) error {
	if a.Name == "" || strings.ContainsAny(a.Name, ":+#/\r\n\t ") {
		return fault.Invalid("account_name_invalid", "an account needs a name without spaces and without any of : + # /").On("mqtt.username")
	}
	if len(a.Password) < shortestPassword {
		return fault.Invalid("account_password_short", "the password of %s needs %d characters or more; take random ones", a.Name, shortestPassword).On("mqtt.password")
	}
	return nil
}
