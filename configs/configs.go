// Package configs holds the example files, which are the manual of every setting, and the rule by which a setting is
// taken from the environment.
//
// It imports the standard library only, because both the agent and the server read it.
package configs

import _ "embed"

//go:embed server.example.yaml
var serverExample string

// ServerExample is configs/server.example.yaml: every key of the server with its default.
func ServerExample() string { return serverExample }
