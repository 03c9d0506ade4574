package httpapi

import (
	"bytes"
	"cmp"
	"context"
	_ "embed" // the page is built in
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

//go:embed reference.gohtml
var referenceTemplate string

// referencePolicy lets the page have its own style, and nothing else.
const referencePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// GetReference implements StrictServerInterface.
func (s *Server) GetReference(context.Context, GetReferenceRequestObject) (GetReferenceResponseObject, error) {
	return referenceAnswer{page: s.reference}, nil
}

type referenceAnswer struct{ page []byte }

// VisitGetReferenceResponse implements GetReferenceResponseObject.
func (a referenceAnswer) VisitGetReferenceResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", referencePolicy)
	_, err := w.Write(a.page)
	return err
}

// What the page shows.
type (
	referencePage struct {
		Title, Description string
		Groups             []referenceGroup
		Shapes             []referenceShape
	}
	referenceGroup struct {
		Name, Description string
		Operations        []referenceOperation
	}
	referenceOperation struct {
		ID, Method, Path, Summary, Description, Action string
		Public                                         bool
		Parameters                                     []referenceField
		Body                                           *referenceType
		Answers                                        []referenceAnswerLine
	}
	referenceAnswerLine struct {
		Status, Description string
		Type                *referenceType
	}
	referenceShape struct {
		Name, Description string
		Type              *referenceType // of what is no object
		Fields            []referenceField
	}
	referenceField struct {
		Name, In, Description string
		Required              bool
		Type                  *referenceType
	}
	// referenceType is a shape by name, or words; of one, or of a list.
	referenceType struct {
		List         bool
		Shape, Words string
	}
)

// renderReference makes the page once: the description does not change while the server runs.
func renderReference(doc *openapi3.T) ([]byte, error) {
	page := referencePage{Title: doc.Info.Title, Description: doc.Info.Description}
	for _, tag := range doc.Tags {
		page.Groups = append(page.Groups, referenceGroup{Name: tag.Name, Description: tag.Description, Operations: operationsOf(doc, tag.Name)})
	}
	for name, ref := range doc.Components.Schemas {
		page.Shapes = append(page.Shapes, shapeOf(name, ref.Value))
	}
	slices.SortFunc(page.Shapes, func(a, b referenceShape) int { return cmp.Compare(a.Name, b.Name) })
	parsed, err := template.New("reference").Parse(referenceTemplate)
	if err != nil {
		return nil, fmt.Errorf("httpapi: reference: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, page); err != nil {
		return nil, fmt.Errorf("httpapi: reference: %w", err)
	}
	return out.Bytes(), nil
}

func operationsOf(doc *openapi3.T, tag string) []referenceOperation {
	var out []referenceOperation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if slices.Contains(op.Tags, tag) {
				out = append(out, referenceOf(method, path, item, op))
			}
		}
	}
	slices.SortFunc(out, func(a, b referenceOperation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return out
}

func referenceOf(method, path string, item *openapi3.PathItem, op *openapi3.Operation) referenceOperation {
	action, _ := op.Extensions["x-labtide-action"].(string)
	out := referenceOperation{
		ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description, Action: action, Public: action == "",
	}
	for _, ref := range append(append(openapi3.Parameters{}, item.Parameters...), op.Parameters...) {
		p := ref.Value
		out.Parameters = append(out.Parameters, referenceField{
			Name: p.Name, In: p.In, Required: p.Required, Description: p.Description, Type: typeOf(p.Schema),
		})
	}
	if op.RequestBody != nil {
		out.Body = contentType(op.RequestBody.Value.Content)
	}
	for status, answer := range op.Responses.Map() {
		line := referenceAnswerLine{Status: status, Type: contentType(answer.Value.Content)}
		if answer.Value.Description != nil {
			line.Description = *answer.Value.Description
		}
		out.Answers = append(out.Answers, line)
	}
	slices.SortFunc(out.Answers, func(a, b referenceAnswerLine) int { return cmp.Compare(a.Status, b.Status) })
	return out
}

func contentType(content openapi3.Content) *referenceType {
	for media, value := range content {
		if media == "application/json" || media == problemType {
			return typeOf(value.Schema)
		}
		return &referenceType{Words: media}
	}
	return nil
}

func shapeOf(name string, schema *openapi3.Schema) referenceShape {
	shape := referenceShape{Name: name, Description: schema.Description}
	if !schema.Type.Is("object") {
		shape.Type = typeOf(&openapi3.SchemaRef{Value: schema})
		return shape
	}
	for field, ref := range schema.Properties {
		shape.Fields = append(shape.Fields, referenceField{
			Name: field, Required: slices.Contains(schema.Required, field), Description: ref.Value.Description, Type: typeOf(ref),
		})
	}
	slices.SortFunc(shape.Fields, func(a, b referenceField) int { return cmp.Compare(a.Name, b.Name) })
	return shape
}

func typeOf(ref *openapi3.SchemaRef) *referenceType {
	if ref == nil {
		return nil
	}
	if shape, ok := strings.CutPrefix(ref.Ref, "#/components/schemas/"); ok {
		return &referenceType{Shape: shape}
	}
	schema := ref.Value
	if schema.Type.Is("array") {
		of := *typeOf(schema.Items)
		if of.List {
			of = referenceType{Words: "list"}
		}
		of.List = true
		return &of
	}
	return &referenceType{Words: words(schema)}
}

// words says what a value may be.
func words(schema *openapi3.Schema) string {
	var out []string
	if schema.Type != nil {
		out = append(out, strings.Join(*schema.Type, " or "))
	}
	if len(schema.Enum) > 0 {
		values := make([]string, len(schema.Enum))
		for i, value := range schema.Enum {
			values[i] = fmt.Sprint(value)
		}
		out = append(out, "one of "+strings.Join(values, ", "))
	}
	if schema.Min != nil {
		out = append(out, fmt.Sprintf("from %v", *schema.Min))
	}
	if schema.Max != nil {
		out = append(out, fmt.Sprintf("to %v", *schema.Max))
	}
	if schema.MaxLength != nil {
		out = append(out, fmt.Sprintf("at most %d characters", *schema.MaxLength))
	}
	return strings.Join(out, ", ")
}
