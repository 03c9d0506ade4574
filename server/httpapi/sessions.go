package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/labtide/labtide/server/account"
)

// What a session holds.
const (
	sessionPerson = "person"
	sessionKey    = "key" // of the password with which it began: a new password ends it
	sessionCSRF   = "csrf"
)

const (
	cookieName = "labtide_session"
	headerCSRF = "X-CSRF-Token"
)

// session is who has signed in with a cookie.
type session struct {
	token    string
	personID string
	key      string
	csrf     string
}

// sessions keeps cookies and what they stand for.
type sessions struct {
	manager *scs.SessionManager
}

func newSessions(store scs.Store, lifetime time.Duration, secure bool, now func() time.Time) *sessions {
	m := scs.New()
	m.Store = remember(store, now)
	m.Codec = codec{}
	m.HashTokenInStore = true
	m.Lifetime = lifetime
	m.Cookie = scs.SessionCookie{
		Name: cookieName, HttpOnly: true, Path: "/", Persist: true, SameSite: http.SameSiteLaxMode, Secure: secure,
	}
	return &sessions{manager: m}
}

// find gives the session of a request's cookie; nil when there is none that is alive.
func (s *sessions) find(r *http.Request) (*session, error) {
	cookies := r.CookiesNamed(cookieName)
	if len(cookies) == 0 || cookies[0].Value == "" || len(cookies[0].Value) > 128 {
		return nil, nil //nolint:nilnil // nobody has signed in: that is no fault
	}
	token := cookies[0].Value
	ctx, err := s.manager.Load(r.Context(), token)
	if err != nil {
		return nil, err
	}
	found := &session{
		token: token, personID: s.manager.GetString(ctx, sessionPerson),
		key: s.manager.GetString(ctx, sessionKey), csrf: s.manager.GetString(ctx, sessionCSRF),
	}
	if found.personID == "" {
		return nil, nil //nolint:nilnil // expired, signed out, or made up
	}
	return found, nil
}

// start begins a session under a new token and sets the cookie: nobody can have planted the token before.
func (s *sessions) start(ctx context.Context, w http.ResponseWriter, p account.Person) (*session, error) {
	ctx, err := s.manager.Load(ctx, "")
	if err != nil {
		return nil, err
	}
	begun := &session{personID: p.ID, key: account.SessionKey(p), csrf: strings.ToLower(rand.Text())}
	s.manager.Put(ctx, sessionPerson, begun.personID)
	s.manager.Put(ctx, sessionKey, begun.key)
	s.manager.Put(ctx, sessionCSRF, begun.csrf)
	token, expiry, err := s.manager.Commit(ctx)
	if err != nil {
		return nil, err
	}
	begun.token = token
	s.manager.WriteSessionCookie(ctx, w, token, expiry)
	return begun, nil
}

// end forgets a session and its cookie.
func (s *sessions) end(ctx context.Context, w http.ResponseWriter, old *session) error {
	ctx, err := s.manager.Load(ctx, old.token)
	if err != nil {
		return err
	}
	if err := s.manager.Destroy(ctx); err != nil {
		return err
	}
	s.manager.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// codec writes a session as JSON: the library's own takes longer than all the rest of a request.
type codec struct{}

type encoded struct {
	Deadline time.Time         `json:"deadline"`
	Values   map[string]string `json:"values"`
}

func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	out := encoded{Deadline: deadline, Values: map[string]string{}}
	for key, value := range values {
		if text, ok := value.(string); ok {
			out.Values[key] = text
		}
	}
	return json.Marshal(out)
}

func (codec) Decode(data []byte) (time.Time, map[string]any, error) {
	var in encoded
	if err := json.Unmarshal(data, &in); err != nil {
		return time.Time{}, nil, err
	}
	values := make(map[string]any, len(in.Values))
	for key, value := range in.Values {
		values[key] = value
	}
	return in.Deadline, values, nil
}

// remembering is a session store that asks the one behind it at most once in account.Remembered for the same session. Signing
// out on another server is noticed within this time, on the same one at once.
type remembering struct {
	scs.Store
	now   func() time.Time
	mu    sync.Mutex
	known map[string]knownSession
}

type knownSession struct {
	data  []byte
	until time.Time
}

const maxKnownSessions = 20_000

func remember(store scs.Store, now func() time.Time) *remembering {
	return &remembering{Store: store, now: now, known: map[string]knownSession{}}
}

// Find implements scs.Store.
func (r *remembering) Find(token string) ([]byte, bool, error) {
	return r.FindCtx(context.Background(), token)
}

// FindCtx implements scs.CtxStore.
func (r *remembering) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	now := r.now()
	r.mu.Lock()
	known, ok := r.known[token]
	r.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.data, true, nil
	}
	data, found, err := r.ask(ctx, token)
	if err != nil || !found {
		return nil, false, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= maxKnownSessions {
		clear(r.known)
	}
	r.known[token] = knownSession{data: data, until: now.Add(account.Remembered)}
	return data, true, nil
}

func (r *remembering) ask(ctx context.Context, token string) ([]byte, bool, error) {
	if store, ok := r.Store.(scs.CtxStore); ok {
		return store.FindCtx(ctx, token)
	}
	return r.Store.Find(token)
}

// Commit implements scs.Store.
func (r *remembering) Commit(token string, data []byte, expiry time.Time) error {
	return r.CommitCtx(context.Background(), token, data, expiry)
}

// CommitCtx implements scs.CtxStore.
func (r *remembering) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	r.forget(token)
	if store, ok := r.Store.(scs.CtxStore); ok {
		return store.CommitCtx(ctx, token, data, expiry)
	}
	return r.Store.Commit(token, data, expiry)
}

// Delete implements scs.Store.
func (r *remembering) Delete(token string) error {
	return r.DeleteCtx(context.Background(), token)
}

// DeleteCtx implements scs.CtxStore.
func (r *remembering) DeleteCtx(ctx context.Context, token string) error {
	defer r.forget(token) // afterwards: a request in between may have remembered it again
	if store, ok := r.Store.(scs.CtxStore); ok {
		return store.DeleteCtx(ctx, token)
	}
	return r.Store.Delete(token)
}

func (r *remembering) forget(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, token)
}
