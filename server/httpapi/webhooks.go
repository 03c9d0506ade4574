package httpapi

import (
	"context"
	"net/url"
	"strings"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/webhook"
)

func showWebhook(h courier.Hook) Webhook {
	return Webhook{
		Id: h.ID, Name: h.Name, Address: masked(h.URL), Shape: WebhookShape(h.Shape), Events: convert[EventName](h.Events),
		Signed: h.Secret != "", Disabled: !h.DisabledAt.IsZero(), CreatedAt: h.CreatedAt.UTC(), Version: h.Version,
	}
}

// masked hides what follows the "?" of an address but for its last characters: a robot's key is there.
func masked(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.RawQuery == "" {
		return address
	}
	const shown = 4
	end := u.RawQuery[max(len(u.RawQuery)-shown, 0):]
	before, _, _ := strings.Cut(address, "?")
	return before + "?…" + end
}

// ListWebhooks implements StrictServerInterface.
func (s *Server) ListWebhooks(ctx context.Context, _ ListWebhooksRequestObject) (ListWebhooksResponseObject, error) {
	hooks, err := s.deps.Messages.Hooks(ctx)
	if err != nil {
		return nil, err
	}
	out := WebhookList{Items: make([]Webhook, len(hooks))}
	for i, h := range hooks {
		out.Items[i] = showWebhook(h)
	}
	return ListWebhooks200JSONResponse(out), nil
}

// CreateWebhook implements StrictServerInterface.
func (s *Server) CreateWebhook(ctx context.Context, request CreateWebhookRequestObject) (CreateWebhookResponseObject, error) {
	in := request.Body
	made, secret, err := s.deps.Messages.Add(ctx, callerOf(ctx).Actor, courier.Hook{
		Name: in.Name, URL: in.Url, Secret: given(in.Secret), Shape: webhook.Shape(in.Shape), Events: convert[booking.Event](given(in.Events)),
	})
	if err != nil {
		return nil, err
	}
	return CreateWebhook201JSONResponse{
		Body:    WebhookWithSecret{Webhook: showWebhook(made), Secret: text(secret)},
		Headers: CreateWebhook201ResponseHeaders{ETag: etag(made.Version)},
	}, nil
}

// UpdateWebhook implements StrictServerInterface.
func (s *Server) UpdateWebhook(ctx context.Context, request UpdateWebhookRequestObject) (UpdateWebhookResponseObject, error) {
	in := request.Body
	change := courier.HookChange{Name: in.Name, URL: in.Url, Secret: in.Secret, Disabled: in.Disabled}
	if in.Shape != nil {
		change.Shape = new(webhook.Shape(*in.Shape))
	}
	if in.Events != nil {
		change.Events = new(convert[booking.Event](*in.Events))
	}
	h, err := s.deps.Messages.Change(ctx, request.Webhook, versionOf(request.Params.IfMatch), change)
	if err != nil {
		return nil, err
	}
	return UpdateWebhook200JSONResponse{Body: showWebhook(h), Headers: UpdateWebhook200ResponseHeaders{ETag: etag(h.Version)}}, nil
}

// DeleteWebhook implements StrictServerInterface.
func (s *Server) DeleteWebhook(ctx context.Context, request DeleteWebhookRequestObject) (DeleteWebhookResponseObject, error) {
	if err := s.deps.Messages.Remove(ctx, request.Webhook, versionOf(request.Params.IfMatch)); err != nil {
		return nil, err
	}
	return DeleteWebhook204Response{}, nil
}

// TestWebhook implements StrictServerInterface.
func (s *Server) TestWebhook(ctx context.Context, request TestWebhookRequestObject) (TestWebhookResponseObject, error) {
	failed, err := s.deps.Messages.Test(ctx, request.Webhook)
	if err != nil {
		return nil, err
	}
	return TestWebhook200JSONResponse{
		Taken: failed == courier.Failure{}, Problem: text(failed.Text), ProblemCode: text(failed.Code), ProblemDetail: text(failed.Detail),
	}, nil
}

// ListDeliveries implements StrictServerInterface.
func (s *Server) ListDeliveries(ctx context.Context, request ListDeliveriesRequestObject) (ListDeliveriesResponseObject, error) {
	deliveries, err := s.deps.Messages.Deliveries(ctx, request.Webhook, limitOf(request.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := DeliveryList{Items: make([]Delivery, len(deliveries))}
	for i, d := range deliveries {
		out.Items[i] = showDelivery(d)
	}
	return ListDeliveries200JSONResponse(out), nil
}

func showDelivery(d courier.Delivery) Delivery {
	failed := d.Failure()
	out := Delivery{
		Id: d.ID, Event: EventName(d.Effect.Event), Channel: DeliveryChannel(d.Channel), State: DeliveryState(d.Outcome), Attempts: d.Attempts,
		Error: text(failed.Text), ErrorCode: text(failed.Code), ErrorDetail: text(failed.Detail), CreatedAt: d.CreatedAt.UTC(), EndedAt: instant(d.EndedAt),
	}
	if d.Outcome == "" {
		out.State, out.NextAttemptAt = DeliveryState("waiting"), instant(d.DueAt)
	}
	return out
}

// GetMessages implements StrictServerInterface.
func (s *Server) GetMessages(ctx context.Context, _ GetMessagesRequestObject) (GetMessagesResponseObject, error) {
	status, err := s.deps.Messages.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := MessageStatus{
		MailConfigured: status.Mail, EffectsWaiting: status.Counts.Effects, OldestAt: instant(status.Counts.OldestAt), Dead: make([]Delivery, len(status.Dead)),
	}
	for _, c := range courier.Channels() {
		out.Channels = append(out.Channels, MessageChannel{Channel: DeliveryChannel(c), Waiting: status.Counts.Waiting[c], Dead: status.Counts.Dead[c]})
	}
	for i, d := range status.Dead {
		out.Dead[i] = showDelivery(d)
		if out.Dead[i].Target, err = s.target(ctx, d); err != nil {
			return nil, err
		}
	}
	return GetMessages200JSONResponse(out), nil
}

// target names whom a delivery is for; nil: nobody that is still known.
func (s *Server) target(ctx context.Context, d courier.Delivery) (*PersonRef, error) {
	switch d.Channel {
	case courier.ChannelMail:
		name, err := s.accounts.Name(ctx, d.TargetID)
		if err != nil || name == "" {
			return nil, err
		}
		return &PersonRef{Id: d.TargetID, Name: name}, nil
	case courier.ChannelWebhook:
		h, err := s.deps.Messages.Hook(ctx, d.TargetID)
		if err == nil {
			return &PersonRef{Id: h.ID, Name: h.Name}, nil
		}
	}
	return nil, nil //nolint:nilerr // one that is gone has no name
}
