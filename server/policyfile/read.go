package policyfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/fault"
)

// Read reads a file. The error is Faults: everything that is wrong with it.
func Read(text []byte, names booking.Register) (File, error) {
	if line := tooDeep(text); line > 0 {
		return File{}, Faults{{Line: line, Code: CodeUnreadable, Text: "this line is too long, or brackets are nested too deeply"}}
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return File{}, unreadable(err)
	}
	r := &reader{names: names, titles: map[string]bool{}}
	for _, doc := range parsed.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); directive || doc.Body == nil {
			continue
		}
		if len(r.file.Kinds)+len(r.faults) > 0 {
			r.add(doc.Body, "", CodeUnreadable, "a file holds one document; write --- only at its beginning")
			break
		}
		r.sections(doc.Body)
	}
	if len(r.faults) == 0 && len(r.file.Kinds) == 0 {
		r.faults = Faults{{Code: CodeEmpty, Text: "the file says nothing; it needs policies, quotas, seasons or terms"}}
	}
	if len(r.faults) > 0 {
		return File{}, r.faults
	}
	return r.file, nil
}

func unreadable(err error) Faults {
	var known yaml.Error
	if errors.As(err, &known) && known.GetToken() != nil && known.GetToken().Position != nil {
		return Faults{{Line: known.GetToken().Position.Line, Code: CodeUnreadable, Text: "this is not YAML: " + known.GetMessage()}}
	}
	return Faults{{Code: CodeUnreadable, Text: "this is not YAML"}}
}

// Bounds that no file of people reaches; the parser calls itself for each level.
const (
	longestLine = 2000
	mostNested  = 50
)

// tooDeep gives the first line that is longer, or nested deeper, than anybody writes; 0: none is.
func tooDeep(text []byte) int {
	line, length, depth := 1, 0, 0
	for _, c := range text {
		length++
		switch c {
		case '\n':
			line, length = line+1, 0
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		}
		if length > longestLine || depth > mostNested {
			return line
		}
	}
	return 0
}

// mostFaults is how many are told: a file for another school has one in each line.
const mostFaults = 100

type reader struct {
	names  booking.Register
	file   File
	faults Faults
	titles map[string]bool // of quotas, seasons and terms, and scopes of policies: each once
}

func (r *reader) add(at ast.Node, key, code, text string) {
	r.addLine(lineOf(at), key, code, "%s", text)
}

func (r *reader) addLine(line int, key, code, format string, args ...any) {
	if len(r.faults) < mostFaults {
		r.faults = append(r.faults, Fault{Line: line, Key: key, Code: code, Text: fmt.Sprintf(format, args...)})
	}
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// entry is one line of a mapping.
type entry struct {
	name  string
	path  string // from the top of the file
	line  int
	value ast.Node
}

// mapping gives the entries of a mapping; nothing at all counts as an empty one.
func (r *reader) mapping(n ast.Node, path string) []entry {
	var values []*ast.MappingValueNode
	switch v := n.(type) {
	case *ast.MappingNode:
		values = v.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{v}
	case *ast.NullNode:
	default:
		r.add(n, path, "wrong_type", "here keys are expected, each with a colon")
	}
	var out []entry
	for _, v := range values {
		name, ok := textOf(v.Key)
		if !ok {
			r.add(v.Key, path, "wrong_type", "a key is a word or a code")
			continue
		}
		out = append(out, entry{name: name, path: strings.TrimPrefix(path+"."+name, "."), line: lineOf(v.Key), value: v.Value})
	}
	return out
}

// list gives the values of a list; nothing at all counts as an empty one.
func (r *reader) list(e entry) []ast.Node {
	switch v := e.value.(type) {
	case *ast.SequenceNode:
		return v.Values
	case *ast.NullNode:
		return nil
	}
	r.add(e.value, e.path, "wrong_type", "here a list is expected: - for each, or [in, brackets]")
	return nil
}

// textOf gives what stands in a plain or quoted scalar.
func textOf(n ast.Node) (string, bool) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (r *reader) sections(n ast.Node) {
	for _, e := range r.mapping(n, "") {
		switch e.name {
		case sectionPolicies:
			r.file.Kinds = append(r.file.Kinds, booking.DocumentPolicy)
			r.policies(e)
		case sectionQuotas:
			r.file.Kinds = append(r.file.Kinds, booking.DocumentQuota)
			r.each(e, r.quota)
		case sectionSeasons:
			r.file.Kinds = append(r.file.Kinds, booking.DocumentSeason)
			r.each(e, r.season)
		case sectionTerms:
			r.file.Kinds = append(r.file.Kinds, booking.DocumentTerm)
			r.each(e, r.term)
		default:
			r.unknown(e, []string{sectionPolicies, sectionQuotas, sectionSeasons, sectionTerms})
		}
	}
}

func (r *reader) unknown(e entry, known []string) {
	r.addLine(e.line, e.path, CodeKeyUnknown, "there is no key %q here; known are %s", e.name, strings.Join(known, ", "))
}

func (r *reader) policies(e entry) {
	var known []string
	for _, k := range scopeKeys() {
		known = append(known, k.key)
	}
	for _, below := range r.mapping(e.value, e.path) {
		i := slices.Index(known, below.name)
		switch {
		case i < 0:
			r.unknown(below, known)
		case i == 0:
			r.policy(below, booking.ScopeSchool, "")
		default:
			scope := scopeKeys()[i].scope
			for _, place := range r.mapping(below.value, below.path) {
				if id, ok := r.find(place, scope, place.name); ok {
					r.policy(place, scope, id)
				}
			}
		}
	}
}

// find finds what a name means.
func (r *reader) find(e entry, sort booking.Scope, name string) (string, bool) {
	id, err := r.names.Find(sort, name)
	if err != nil {
		r.addLine(e.line, e.path, fault.CodeOf(err), "%s", message(err))
		return "", false
	}
	return id, true
}

// each reads the things of a section.
func (r *reader) each(e entry, one func(entry)) {
	for i, n := range r.list(e) {
		one(entry{path: fmt.Sprintf("%s[%d]", e.path, i+1), line: lineOf(n), value: n})
	}
}

// message gives the words of a fault for people.
func message(err error) string {
	var known *fault.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return err.Error()
}

// decided keeps a clause that makes sense and that the file has not made before.
func (r *reader) decided(at entry, entries []entry, d booking.Clause) {
	title := booking.Title(d)
	if r.titles[title] {
		r.addLine(at.line, at.path, "name_taken", "the file says this twice")
		return
	}
	r.titles[title] = true
	if err := booking.CheckClause(d); err != nil {
		var known *fault.Error
		if errors.As(err, &known) {
			field := strings.Split(strings.TrimPrefix(known.Field, "/"), "/")[0]
			for _, e := range entries {
				if e.name == field {
					at = e
				}
			}
		}
		r.addLine(at.line, at.path, fault.CodeOf(err), "%s", message(err))
		return
	}
	r.file.Clauses = append(r.file.Clauses, d)
}
