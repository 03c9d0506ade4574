package httpapi

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/fault"
)

// enrollmentLifetime is long enough to walk to a computer and type the code.
const enrollmentLifetime = time.Hour

// CreateEnrollment implements StrictServerInterface.
func (s *Server) CreateEnrollment(ctx context.Context, request CreateEnrollmentRequestObject) (CreateEnrollmentResponseObject, error) {
	device, err := s.deps.Equipment.DeviceByID(ctx, request.Body.Device)
	if err != nil {
		return nil, err
	}
	if !device.DisabledAt.IsZero() {
		return nil, fault.Rule("device_disabled", "the device is disabled; enable it first").On("/device")
	}
	code := newCode()
	now := s.now().Truncate(time.Second)
	enrollment, err := s.deps.Equipment.InsertEnrollment(ctx, equipment.Enrollment{
		CodeHash: account.Hash(normalCode(code)), DeviceID: device.ID, CreatedBy: callerOf(ctx).PersonID,
		CreatedAt: now, ExpiresAt: now.Add(enrollmentLifetime),
	})
	if err != nil {
		return nil, err
	}
	return CreateEnrollment201JSONResponse{
		Code: code, Device: device.ID, ExpiresAt: enrollment.ExpiresAt.UTC(),
		Command: "agent enroll -server " + s.cfg.PublicURL + " -code " + code,
	}, nil
}

// ClaimEnrollment implements StrictServerInterface.
func (s *Server) ClaimEnrollment(ctx context.Context, request ClaimEnrollmentRequestObject) (ClaimEnrollmentResponseObject, error) {
	giveBack, err := s.accounts.Strangers(callerOf(ctx).address)
	if err != nil {
		return nil, err
	}
	password := strings.ToLower(rand.Text())
	device, err := s.deps.Equipment.Claim(ctx, account.Hash(normalCode(request.Body.Code)), equipment.HashSecret(password), s.now())
	if fault.KindOf(err) != fault.KindNotFound {
		giveBack()
	}
	if err != nil {
		return nil, err
	}
	s.deps.Changed() // whoever is connected with the old password is not this device any more
	return ClaimEnrollment200JSONResponse{
		Device: device.ID, Username: device.ID, Password: password, Broker: s.cfg.Device.BrokerURL, Ca: s.cfg.Device.CA,
	}, nil
}

// newCode draws 60 bits, in three groups that people can read aloud: rand.Text knows no 0, 1, 8 and 9, which look like letters.
func newCode() string {
	letters := rand.Text()
	return letters[:4] + "-" + letters[4:8] + "-" + letters[8:12]
}

// normalCode is a code as it is compared, however it was typed.
func normalCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}
