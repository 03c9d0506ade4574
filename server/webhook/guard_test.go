package webhook

import (
	"errors"
	"net/netip"
	"testing"
)

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	strict := guard(nil)
	for address, ok := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1111]:443": true, "223.5.5.5:80": true,
		"127.0.0.1:80": false, "127.9.9.9:80": false, "10.1.2.3:80": false, "172.16.0.1:80": false, "192.168.1.1:80": false,
		"169.254.169.254:80": false, "100.64.0.1:80": false, "0.0.0.0:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false,
		"[::1]:80": false, "[::]:80": false, "[fe80::1%eth0]:80": false, "[fc00::1]:80": false, "[ff02::1]:80": false,
		"[::ffff:10.0.0.1]:80": false, "[64:ff9b::a00:1]:80": false, "[2002:a00:1::]:80": false, "[::10.0.0.1]:80": false,
		"nonsense": false,
	} {
		err := strict(t.Context(), "tcp", address, nil)
		if (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAnAllowedNetworkIsDialledAndNoOther(t *testing.T) {
	school := guard([]netip.Prefix{netip.MustParsePrefix("10.20.0.0/16"), netip.MustParsePrefix("fd00::/8")})
	for address, ok := range map[string]bool{
		"10.20.3.4:80": true, "[::ffff:10.20.3.4]:80": true, "[fd12::1]:80": true, "10.21.0.1:80": false, "127.0.0.1:80": false,
	} {
		if err := school(t.Context(), "tcp", address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestARefusedTargetIsFinal(t *testing.T) {
	e := unreachable(&refusedError{netip.MustParseAddr("10.0.0.1")})
	if refused := new(refusedError); e.Class != Permanent || !errors.As(e, &refused) {
		t.Errorf("got %v", e)
	}
}

func TestAnAddressMustBeOneOfTheWeb(t *testing.T) {
	for text, ok := range map[string]bool{
		"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1": true, "http://hooks.school.example:8080/x": true,
		"": false, "hooks.school.example": false, "file:///etc/passwd": false, "gopher://x/": false, "https:///x": false,
		"https://user:pass@x/": false, "https://x/#y": false, "http://[::1": false, "https://x/\x00": false,
	} {
		if err := CheckURL(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
