package wire

import "time"

// Bounds of the idle threshold that a server may ask for.
const (
	MinIdleAfter = 10 * time.Second
	MaxIdleAfter = time.Hour
)

// Config is what the server wants a device to do. A nil field leaves the agent's own setting as it is. A server can
// only make an agent look at less: ScanApplications true does not turn on what the agent's own file turned off.
type Config struct {
	Version int `json:"version"`
	// IdleAfterSeconds is for how long nobody must have touched the station before it counts as idle.
	IdleAfterSeconds *int `json:"idle_after_seconds,omitempty"`
	// ScanApplications allows or forbids the agent to look at process names.
	ScanApplications *bool `json:"scan_applications,omitempty"`
}

// IdleAfter returns the idle threshold, if the server wants one.
func (c Config) IdleAfter() (threshold time.Duration, ok bool) {
	if c.IdleAfterSeconds == nil {
		return 0, false
	}
	return time.Duration(*c.IdleAfterSeconds) * time.Second, true
}

// DecodeConfig reads a config message. The error is an *Error.
func DecodeConfig(payload []byte) (Config, error) {
	var c Config
	if err := unmarshal(payload, &c); err != nil {
		return Config{}, err
	}
	if err := c.check(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// EncodeConfig writes a config message of this version. The error is an *Error.
func EncodeConfig(c Config) ([]byte, error) {
	c.Version = Version
	if err := c.check(); err != nil {
		return nil, err
	}
	return marshal(c)
}

func (c *Config) check() error {
	if err := checkVersion(c.Version); err != nil {
		return err
	}
	if s := c.IdleAfterSeconds; s != nil && (*s < int(MinIdleAfter/time.Second) || *s > int(MaxIdleAfter/time.Second)) {
		return faultf(CodeBadField, "idle_after_seconds is %d, allowed are %v to %v", *s, MinIdleAfter, MaxIdleAfter)
	}
	return nil
}
