package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/policyfile"
)

// ExportPolicies implements StrictServerInterface.
func (s *Server) ExportPolicies(ctx context.Context, _ ExportPoliciesRequestObject) (ExportPoliciesResponseObject, error) {
	text, err := policyfile.Export(ctx, s.deps.Charter)
	return ExportPolicies200ApplicationyamlResponse{Body: bytes.NewReader(text), ContentLength: int64(len(text))}, err
}

// ImportPolicies implements StrictServerInterface.
func (s *Server) ImportPolicies(ctx context.Context, request ImportPoliciesRequestObject) (ImportPoliciesResponseObject, error) {
	text, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, fmt.Errorf("httpapi: read a policy file: %w", err)
	}
	dry := given(request.Params.DryRun)
	changes, err := policyfile.Import(ctx, s.deps.Charter, callerOf(ctx).Actor, text, dry)
	if err != nil {
		return nil, err
	}
	if !dry && len(changes) > 0 {
		s.deps.Changed()
	}
	d, err := s.directory.get(ctx)
	if err != nil {
		return nil, err
	}
	register, err := s.deps.Charter.Register(ctx)
	if err != nil {
		return nil, err
	}
	out := PolicyImport{Applied: !dry, Changes: make([]PolicyImportChange, len(changes))}
	for i, c := range changes {
		out.Changes[i] = showImportChange(d, register, c)
	}
	return ImportPolicies200JSONResponse(out), nil
}

func showImportChange(d *directory, register booking.Register, c policyfile.Change) PolicyImportChange {
	out := PolicyImportChange{
		Kind: PolicyImportChangeKind(c.Kind), Act: PolicyImportChangeAct(c.Act), Fields: fieldChanges(register, c.Fields), Name: text(c.Name),
	}
	if c.Kind == booking.DocumentPolicy {
		out.Scope, out.Place = new(PolicyScope(c.Scope)), d.scopeRef(c.Scope, c.ScopeID)
	}
	return out
}

// fileProblem tells everything that is wrong with a policy file.
func fileProblem(faults policyfile.Faults) Problem {
	p := newProblem(http.StatusUnprocessableEntity, "policy_file_invalid", "nothing was changed; mend the file first: see errors")
	errs := make([]FieldError, len(faults))
	for i, f := range faults {
		detail := f.Text
		if f.Line > 0 {
			detail = fmt.Sprintf("line %d: %s", f.Line, f.Text)
		}
		errs[i] = FieldError{Field: f.Key, Code: f.Code, Detail: detail}
	}
	p.Errors = &errs
	return p
}
