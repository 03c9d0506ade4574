package account

import "context"

type doerKey struct{}

// By gives a context in which a person acts: what is changed by it is theirs in the audit.
func By(ctx context.Context, personID string) context.Context {
	return context.WithValue(ctx, doerKey{}, personID)
}

// Doer gives who acts; empty: the server itself, a command or an import.
func Doer(ctx context.Context) string {
	id, _ := ctx.Value(doerKey{}).(string)
	return id
}
