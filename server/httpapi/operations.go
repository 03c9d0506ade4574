package httpapi

import (
	"context"
	_ "embed" // the description is served, too
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/labtide/labtide/server/account"
)

//go:embed openapi.yaml
var description []byte

// jsonType is the media type of nearly all bodies.
const jsonType = "application/json"

// actionSignedIn is the x-labtide-action of what everybody may do who is somebody.
const actionSignedIn = "signed_in"

// operation is what openapi.yaml says about one method of one path, ready to be held against a request.
type operation struct {
	id     string
	method string
	route  string // as the router knows it: /api/v1/stations/:station
	public bool
	action account.Action // empty in public ones
	params []parameter
	body   *openapi3.Schema // nil: none
	// needsBody: a request without one is refused.
	needsBody  bool
	bodyType   string // the media type of the body; what is not JSON is a text, which its own reader checks
	idempotent bool   // takes an Idempotency-Key
	stream     bool
}

// parameter is one value outside of the body.
type parameter struct {
	name     string
	in       string // path, query, header
	required bool
	integer  bool
	boolean  bool
	schema   *openapi3.Schema
}

// operations is openapi.yaml by "METHOD /route".
type operations map[string]*operation

var pathParameter = regexp.MustCompile(`\{([^}]+)\}`)

// reading is what openapi.yaml says: its operations, and its page for people. Nobody changes it.
type reading struct {
	operations operations
	reference  []byte
}

// described reads openapi.yaml once for the process: it takes a while, and tests make many servers.
var described = sync.OnceValues(func() (reading, error) {
	doc, all, err := readDescription()
	if err != nil {
		return reading{}, err
	}
	page, err := renderReference(doc)
	return reading{all, page}, err
})

// readDescription reads and checks openapi.yaml.
func readDescription() (*openapi3.T, operations, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(description)
	if err != nil {
		return nil, nil, fmt.Errorf("httpapi: openapi.yaml: %w", err)
	}
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, nil, fmt.Errorf("httpapi: openapi.yaml: %w", err)
	}
	all := operations{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o, err := newOperation(method, path, item, op)
			if err != nil {
				return nil, nil, err
			}
			all[o.method+" "+o.route] = o
		}
	}
	return doc, all, nil
}

func newOperation(method, path string, item *openapi3.PathItem, op *openapi3.Operation) (*operation, error) {
	o := &operation{
		id: op.OperationID, method: method, route: pathParameter.ReplaceAllString(path, ":$1"),
		public: op.Security != nil && len(*op.Security) == 0,
	}
	action, _ := op.Extensions["x-labtide-action"].(string)
	o.action = account.Action(action)
	if o.public != (action == "") {
		return nil, fmt.Errorf("httpapi: openapi.yaml: %s must either be public or have an x-labtide-action", o.id)
	}
	for _, ref := range append(append(openapi3.Parameters{}, item.Parameters...), op.Parameters...) {
		p := ref.Value
		o.params = append(o.params, parameter{
			name: p.Name, in: p.In, required: p.Required, integer: p.Schema.Value.Type.Is("integer"), boolean: p.Schema.Value.Type.Is("boolean"),
			schema: p.Schema.Value,
		})
		o.idempotent = o.idempotent || p.Name == headerIdempotencyKey
	}
	if op.RequestBody != nil {
		o.needsBody = op.RequestBody.Value.Required
		for o.bodyType = range op.RequestBody.Value.Content {
		}
		if media := op.RequestBody.Value.Content.Get(jsonType); media != nil {
			o.body, o.bodyType = media.Schema.Value, jsonType
		}
		if len(op.RequestBody.Value.Content) != 1 {
			return nil, fmt.Errorf("httpapi: openapi.yaml: the body of %s must have one media type", o.id)
		}
	}
	if ok := op.Responses.Status(http.StatusOK); ok != nil && ok.Value.Content.Get("text/event-stream") != nil {
		o.stream = true
	}
	return o, nil
}
