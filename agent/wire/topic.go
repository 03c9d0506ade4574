package wire

import "strings"

// Prefix begins every topic of this version.
const Prefix = "labtide/v1/"

// Channel is the last part of a topic: what a message is about.
type Channel string

// The channels of a device. Usage and state go from the agent to the server, the others from the server to the agent.
const (
	ChannelUsage  Channel = "usage"
	ChannelState  Channel = "state"
	ChannelAck    Channel = "ack"
	ChannelNotice Channel = "notice"
	ChannelConfig Channel = "config"
)

// Retained reports whether messages of the channel are published as retained.
func (c Channel) Retained() bool { return c == ChannelState || c == ChannelConfig }

// FromDevice reports whether the agent publishes on the channel; the server publishes on the others.
func (c Channel) FromDevice() bool { return c == ChannelUsage || c == ChannelState }

func (c Channel) valid() bool {
	switch c {
	case ChannelUsage, ChannelState, ChannelAck, ChannelNotice, ChannelConfig:
		return true
	}
	return false
}

// ValidDevice reports whether id matches [a-z0-9][a-z0-9-]{0,62}. The id is the client id and the user name as well.
func ValidDevice(id string) bool { return slug(id) }

// Topic is the topic of one device's channel, such as labtide/v1/plc-07/usage.
func Topic(device string, channel Channel) string {
	return Prefix + device + "/" + string(channel)
}

// Filter is the subscription to one channel of every device, such as labtide/v1/+/usage.
func Filter(channel Channel) string { return Topic("+", channel) }

// ParseTopic splits a topic into device and channel; ok is false for any other topic. It allocates nothing.
func ParseTopic(topic string) (device string, channel Channel, ok bool) {
	rest, found := strings.CutPrefix(topic, Prefix)
	if !found {
		return "", "", false
	}
	device, last, found := strings.Cut(rest, "/")
	channel = Channel(last)
	if !found || !ValidDevice(device) || !channel.valid() {
		return "", "", false
	}
	return device, channel, true
}
