package configs

import _ "embed"

//go:embed agent.example.yaml
var agentExample string

// AgentExample is configs/agent.example.yaml: every key of the agent with its default.
func AgentExample() string { return agentExample }
