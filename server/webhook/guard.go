package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
)

// maxURLBytes bounds an address.
const maxURLBytes = 2000

// CheckURL says what is wrong with the form of a target's address. Where it leads is seen when it is dialled.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case len(text) > maxURLBytes:
		return fmt.Errorf("the address has more than %d bytes", maxURLBytes)
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return errors.New("the address is none; write https://host/path")
	case u.User != nil:
		return errors.New("the address names a user; a secret belongs into the secret")
	case u.Fragment != "":
		return errors.New("the address has a fragment")
	}
	return nil
}

// refusedError is a target inside.
type refusedError struct{ address netip.Addr }

func (e *refusedError) Error() string {
	return fmt.Sprintf("the target is at %v, which is not a public address; webhooks.allow_private would have to name its network", e.address)
}

// guard looks at the address itself, after the name was looked up: a name that leads elsewhere the second time is of no use.
func guard(allowed []netip.Prefix) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return &net.AddrError{Err: "no address", Addr: address}
		}
		ip := at.Addr().Unmap().WithZone("")
		if public(ip) || slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return nil
		}
		return &refusedError{ip}
	}
}

// reserved are ranges that are not the internet's, beyond those which netip knows. Those of IPv6 that carry an IPv4
// address lead wherever that one does, so they are inside, too.
func reserved() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"), // carriers' own
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"), // benchmarks
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"),
		netip.MustParsePrefix("64:ff9b::/96"),
		netip.MustParsePrefix("64:ff9b:1::/48"),
		netip.MustParsePrefix("2001::/32"),
		netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("fec0::/10"),
	}
}

func public(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(ip) })
}
