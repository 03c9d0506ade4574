package httpapi

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/equipment"
	"github.com/labtide/labtide/server/live"
	"github.com/labtide/labtide/server/report"
	"github.com/labtide/labtide/server/telemetry"
)

// Deps is what the edge talks to. Everything is needed but Metrics, Dashboard and Changed.
type Deps struct {
	Accounts    *account.Service
	Sessions    scs.Store
	Equipment   equipment.Store
	Bookings    Bookings
	Charter     *booking.Charter
	Samples     Samples
	States      States
	Board       LiveBoard
	Reports     Reports
	Idempotency Idempotency
	Messages    Messages
	Feeds       Feeds
	// Labels makes the keys of the codes that are printed on stations.
	Labels equipment.LabelKeys
	// Checks are the parts that the server cannot work without, by name.
	Checks []Check
	// Metrics is where the edge counts requests, and what /metrics shows.
	Metrics Metrics
	// Dashboard holds index.html, and under assets/ files whose names change with their content.
	Dashboard fs.FS
	// Changed is told of stations at which the register or an outage changed; no station: anywhere.
	Changed func(stationIDs ...string)
	Now     func() time.Time // nil: the clock
	Log     *slog.Logger
}

// Bookings is the part of booking.Service that the edge calls; the errors are its.
type Bookings interface {
	Waitlist
	Approvals
	RepeatedBookings
	Reserve(ctx context.Context, actor account.Actor, r booking.Request) (booking.Booking, error)
	Change(ctx context.Context, actor account.Actor, id string, version int64, c booking.Change) (booking.Booking, error)
	Cancel(ctx context.Context, actor account.Actor, id string, version int64) (booking.Booking, error)
	ReserveTogether(ctx context.Context, actor account.Actor, r booking.PartyRequest) ([]booking.Booking, error)
	Party(ctx context.Context, id string) ([]booking.Booking, error)
	ChangeParty(ctx context.Context, actor account.Actor, id string, version int64, c booking.Change) ([]booking.Booking, error)
	CancelParty(ctx context.Context, actor account.Actor, id string, version int64) ([]booking.Booking, error)
	ByID(ctx context.Context, id string) (booking.Booking, error)
	List(ctx context.Context, f booking.Filter) ([]booking.Booking, error)
	Availability(ctx context.Context, actor account.Actor, q booking.Query) ([]booking.Free, error)
	Allowance(ctx context.Context, actor account.Actor, personID, station string, at time.Time) ([]booking.Allowance, error)
	Flags(ctx context.Context, bookings ...booking.Booking) ([][]string, error)
	PolicyFor(ctx context.Context, station string) (booking.Policy, error)
	Attendance(ctx context.Context, b booking.Booking) (booking.Attendance, error)
	CheckIn(ctx context.Context, actor account.Actor, id string, r booking.CheckInRequest) (booking.Booking, error)
	Keep(ctx context.Context, actor account.Actor, id string) (booking.Booking, error)
	Leave(ctx context.Context, actor account.Actor, id string) (booking.Booking, error)
	Strikes(ctx context.Context, actor account.Actor, f booking.StrikeFilter) ([]booking.Strike, error)
	Appeal(ctx context.Context, actor account.Actor, id, text string) (booking.Strike, error)
	DecideStrike(ctx context.Context, actor account.Actor, id string, d booking.Decision) (booking.Strike, error)
	Outages
	History
}

// History is the part of booking.Service that says what was done, and what is needed.
type History interface {
	Trail(ctx context.Context, id string) ([]booking.Entry, error)
	Audit(ctx context.Context, f booking.AuditFilter) ([]booking.AuditLine, error)
	Needs(ctx context.Context) ([]booking.Need, error)
	Wanted(ctx context.Context, f booking.WantedFilter) ([]booking.Wanted, error)
}

// Outages is the part of booking.Service that the edge calls about what is wrong with stations.
type Outages interface {
	OutageByID(ctx context.Context, id string) (equipment.Outage, error)
	StartOutage(ctx context.Context, actor account.Actor, o equipment.Outage, dry bool) (booking.OutageResult, error)
	ChangeOutage(ctx context.Context, actor account.Actor, id string, version int64, c booking.OutageChange, dry bool) (booking.OutageResult, error)
	EndOutage(ctx context.Context, actor account.Actor, id string, version int64) (booking.OutageResult, error)
	Reports(ctx context.Context, f booking.ReportFilter) ([]booking.Report, error)
	ReportFault(ctx context.Context, actor account.Actor, station, description string) (booking.Report, error)
	ConfirmReport(ctx context.Context, actor account.Actor, id string, o equipment.Outage) (booking.OutageResult, error)
	DismissReport(ctx context.Context, actor account.Actor, id, answer string) (booking.Report, error)
}

// RepeatedBookings is the part of booking.Service about what repeats.
type RepeatedBookings interface {
	CreateSeries(ctx context.Context, actor account.Actor, r booking.SeriesRequest, dryRun bool) (booking.SeriesResult, error)
	ChangeSeries(ctx context.Context, actor account.Actor, id string, version int64, c booking.SeriesChange, dryRun bool) (booking.SeriesResult, error)
	CancelSeries(ctx context.Context, actor account.Actor, id string, version int64, from equipment.Day) (booking.SeriesResult, error)
	SeriesByID(ctx context.Context, actor account.Actor, id string) (booking.SeriesResult, error)
	SeriesOf(ctx context.Context, actor account.Actor, personID string) ([]booking.SeriesResult, error)
	ImportLessons(ctx context.Context, actor account.Actor, lessons []booking.Lesson, dryRun bool) ([]booking.LessonResult, bool, error)
}

// Samples is the part of telemetry.Service that the edge reads.
type Samples interface {
	StationSeries(ctx context.Context, q telemetry.StationQuery) (telemetry.StationSeries, error)
}

// States is the part of telemetry.StateStore that the edge reads.
type States interface {
	States(ctx context.Context) ([]telemetry.DeviceState, error)
}

// LiveBoard is what live.Board gives.
type LiveBoard interface {
	Snapshot(ctx context.Context, roomID string) (live.Snapshot, error)
	Card(stationID string) (live.Card, bool)
	Watch(after string) (w *live.Watch, gap bool)
}

// Reports is the part of report.Service that the edge reads.
type Reports interface {
	Utilization(ctx context.Context, q report.Query) (report.Utilization, error)
	Heatmap(ctx context.Context, q report.Query) (report.Heatmap, error)
	Day(ctx context.Context, station string, day equipment.Day) (report.Day, error)
}

// Idempotency keeps the answers of requests that carry an Idempotency-Key, for 24 hours; what an answer is, it need not know.
type Idempotency interface {
	// Begin claims a key of a person. Exactly one of several callers at once gets began. For a key that was used before it
	// gives the answer, or fault.KindConflict "request_under_way" while there is none, or fault.KindRule
	// "idempotency_key_reused" when the body was another. A claim older than a minute without an answer may be taken over:
	// that server died.
	Begin(ctx context.Context, personID, key string, bodyHash []byte, now time.Time) (answer []byte, began bool, err error)
	// Finish stores the answer of a claim.
	Finish(ctx context.Context, personID, key string, answer []byte) error
	// Release gives a claim up: the request may be sent again as if it had never come.
	Release(ctx context.Context, personID, key string) error
}

// Messages is the part of courier.Desk that the edge calls; the errors are its.
type Messages interface {
	Status(ctx context.Context) (courier.Status, error)
	Hooks(ctx context.Context) ([]courier.Hook, error)
	Hook(ctx context.Context, id string) (courier.Hook, error)
	Add(ctx context.Context, actor account.Actor, h courier.Hook) (made courier.Hook, secret string, err error)
	Change(ctx context.Context, id string, version int64, c courier.HookChange) (courier.Hook, error)
	Remove(ctx context.Context, id string, version int64) error
	Test(ctx context.Context, id string) (courier.Failure, error)
	Deliveries(ctx context.Context, hookID string, limit int) ([]courier.Delivery, error)
}

// Feeds is the part of courier.Feeds that the edge calls; the errors are its.
type Feeds interface {
	List(ctx context.Context, personID string) ([]courier.Feed, error)
	Create(ctx context.Context, actor account.Actor, room, name string) (f courier.Feed, secret string, err error)
	Revoke(ctx context.Context, personID, id string) error
	Render(ctx context.Context, secret string) (text []byte, personID string, err error)
}

// Check says whether a part answers. It must give up when the context ends.
type Check struct {
	Name  string
	Check func(ctx context.Context) error
}

// Metrics registers and gathers; *prometheus.Registry does both.
type Metrics interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Config is what an administrator decides about the edge.
type Config struct {
	Listen string // host:port
	// PublicURL is where people reach the server, without a slash at its end; links and enrolment commands begin with it.
	// Empty: http(s)://Listen. With https, cookies are for TLS only.
	PublicURL       string
	TLSCert, TLSKey string   // PEM files; empty: plain HTTP
	TrustedProxies  []string // CIDR ranges whose X-Forwarded-For is believed; none: nobody's
	Version         string
	Demo            bool
	DemoAccounts    []DemoAccount
	Device          DeviceAccess
	SessionLifetime time.Duration // 0: 12 hours
	RequestTimeout  time.Duration // 0: 30 seconds; not for streams
	MaxBody         int64         // 0: 512 KiB
	RequestsPerSec  float64       // of one caller, with bursts of four times as many; 0: 200, negative: no bound
	ShutdownTimeout time.Duration // 0: 10 seconds
}

// DeviceAccess is what an enrolled device is told about the broker.
type DeviceAccess struct {
	BrokerURL string // tls://host:8883
	CA        string // PEM; empty: the system's authorities
}
