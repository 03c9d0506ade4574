package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
)

// validator holds requests against openapi.yaml. It reads each body once, and reports all faults at once.
type validator struct {
	maxBody int64
	options []openapi3.SchemaValidationOption
}

func newValidator(maxBody int64) *validator {
	// The library's own checks of these formats are patterns, which let 30 February pass.
	layout := func(layout string) openapi3.StringFormatValidator {
		return openapi3.NewCallbackValidator(func(s string) error {
			_, err := time.Parse(layout, s)
			return err
		})
	}
	return &validator{maxBody: maxBody, options: []openapi3.SchemaValidationOption{
		openapi3.VisitAsRequest(), openapi3.MultiErrors(), openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
			"date-time": layout(time.RFC3339), "date": layout(time.DateOnly),
		}),
	}}
}

// check refuses a request that does not fit the operation, and leaves its body to be read again. It returns the body.
func (v *validator) check(c echo.Context, op *operation) ([]byte, error) {
	var faults []FieldError
	for i := range op.params {
		faults = v.parameter(c, &op.params[i], faults)
	}
	body, err := v.readBody(c, op)
	if err != nil {
		return nil, err
	}
	if op.body != nil && (len(body) > 0 || op.needsBody) {
		faults = v.body(op, body, faults)
	}
	if op.bodyType != jsonType && !utf8.Valid(body) {
		faults = append(faults, FieldError{Field: "", Code: "wrong_format", Detail: "the body is not UTF-8"})
	}
	if len(faults) > 0 {
		return nil, &badRequest{faults: faults}
	}
	if op.body != nil && len(body) > 0 {
		body = plainNumbers(body)
		c.Request().Body = io.NopCloser(bytes.NewReader(body))
		c.Request().ContentLength = int64(len(body))
	}
	return body, nil
}

func (v *validator) parameter(c echo.Context, p *parameter, faults []FieldError) []FieldError {
	values, ok := valuesOf(c, p)
	switch {
	case !ok:
		return append(faults, FieldError{Field: p.name, Code: "wrong_format", Detail: "this is not UTF-8 or wrongly escaped"})
	case len(values) == 0 && p.required:
		return append(faults, FieldError{Field: p.name, Code: "required", Detail: "this parameter is needed"})
	case len(values) == 0:
		return faults
	case len(values) > 1:
		return append(faults, FieldError{Field: p.name, Code: "repeated", Detail: "give this parameter once"})
	}
	var value any = values[0]
	if p.integer {
		n, err := strconv.ParseInt(values[0], 10, 32)
		if err != nil {
			return append(faults, FieldError{Field: p.name, Code: "wrong_type", Detail: "this must be a whole number"})
		}
		value = float64(n)
	}
	if p.boolean && (values[0] == "true" || values[0] == "false") {
		value = values[0] == "true"
	}
	return v.schema(p.schema, value, p.name, faults)
}

// valuesOf gives the values of a parameter, unescaped; not ok when they are no text.
func valuesOf(c echo.Context, p *parameter) (values []string, ok bool) {
	switch p.in {
	case "path":
		value, err := url.PathUnescape(c.Param(p.name))
		if err != nil {
			return nil, false
		}
		values = []string{value}
	case "query":
		values = c.QueryParams()[p.name]
	case "header":
		values = c.Request().Header.Values(p.name)
	}
	for _, value := range values {
		if !utf8.ValidString(value) {
			return nil, false
		}
	}
	return values, true
}

// readBody reads the body, bounded, and puts it back. A body where none is expected is left alone.
func (v *validator) readBody(c echo.Context, op *operation) ([]byte, error) {
	r := c.Request()
	if op.bodyType == "" || r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, v.maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, &badRequest{faults: []FieldError{{Field: "", Code: "body_unreadable", Detail: "the body broke off"}}}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	if len(body) > 0 {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != op.bodyType {
			return nil, echo.NewHTTPError(http.StatusUnsupportedMediaType)
		}
	}
	return body, nil
}

func (v *validator) body(op *operation, body []byte, faults []FieldError) []FieldError {
	if len(body) == 0 {
		return append(faults, FieldError{Field: "", Code: "required", Detail: "this request needs a body"})
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&value); err != nil {
		return append(faults, FieldError{Field: "", Code: "json_invalid", Detail: "the body is not JSON: " + jsonReason(err)})
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return append(faults, FieldError{Field: "", Code: "json_invalid", Detail: "the body goes on after its end"})
	}
	return v.schema(op.body, value, "", faults)
}

func jsonReason(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return "wrong at byte " + strconv.FormatInt(syntax.Offset, 10)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return "a value is out of bounds"
}

// schema adds what is wrong with a value. Fields of the body are JSON pointers, parameters have their name.
func (v *validator) schema(schema *openapi3.Schema, value any, field string, faults []FieldError) []FieldError {
	err := schema.VisitJSON(value, v.options...)
	if err == nil {
		return faults
	}
	return flatten(err, field, faults)
}

func flatten(err error, field string, faults []FieldError) []FieldError {
	var many openapi3.MultiError
	if errors.As(err, &many) {
		for _, one := range many {
			faults = flatten(one, field, faults)
		}
		return faults
	}
	var one *openapi3.SchemaError
	if !errors.As(err, &one) {
		return append(faults, FieldError{Field: field, Code: "wrong_format", Detail: "this does not fit the description"})
	}
	for _, step := range append(one.JSONPointer(), unknownField(one)...) {
		field += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
	}
	return append(faults, FieldError{Field: field, Code: faultCode(one.SchemaField), Detail: faultDetail(one)})
}

// unknownField gives the name of a field that should not be there: the library tells it in its reason only.
func unknownField(e *openapi3.SchemaError) []string {
	rest, ok := strings.CutPrefix(e.Reason, "property ")
	if e.SchemaField != "properties" || !ok {
		return nil
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return nil
	}
	name, err := strconv.Unquote(quoted)
	if err != nil {
		return nil
	}
	return []string{name}
}

// faultCode names what a keyword of the schema found; the codes are keys of translations.
func faultCode(keyword string) string {
	switch keyword {
	case "required":
		return "required"
	case "type":
		return "wrong_type"
	case "enum":
		return "not_one_of"
	case "minLength":
		return "text_too_short"
	case "maxLength":
		return "text_too_long"
	case "minimum":
		return "number_too_small"
	case "maximum":
		return "number_too_large"
	case "properties", "additionalProperties":
		return "field_unknown"
	case "minProperties", "minItems":
		return "empty"
	case "maxItems":
		return "list_too_long"
	case "uniqueItems":
		return "repeated"
	}
	return "wrong_format"
}

// faultDetail says it in words. The library's reason for a pattern is the pattern, which helps nobody.
func faultDetail(e *openapi3.SchemaError) string {
	switch e.SchemaField {
	case "pattern", "format":
		if e.Schema != nil && e.Schema.Example != nil {
			if example, ok := e.Schema.Example.(string); ok {
				return "write it like " + example
			}
		}
		return "this contains characters that are not allowed here, or is written in another form"
	case "properties", "additionalProperties":
		return "there is no such field"
	}
	return e.Reason
}
