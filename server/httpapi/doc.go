// Package httpapi is the HTTP edge of the server: it turns requests into calls of the domain, and answers and faults into
// JSON, server-sent events, or the dashboard's files.
//
// openapi.yaml comes first: from it come the types and routes (api.gen.go), the validation of requests, what a caller must
// be allowed to do (x-labtide-action), and the reference page. The package may not know SQL, InfluxDB or MQTT, and no type
// of the web framework leaves it. Invariants: nothing that a client sends is answered by 500; an answer names a person only
// to somebody who may see the name.
package httpapi

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config codegen.yaml openapi.yaml
