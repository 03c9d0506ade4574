// Package equipment is the register of what a school has: sites, rooms, kinds, stations, the devices that report
// about them, when they are open and when they are out of order.
//
// It may not know how any of this is stored or shown. Invariants: a code is unique on its site; a device has at most
// one placement at any instant; history stays with the station where a device stood at that time.
package equipment

import "time"

// Site is a campus. It owns the time zone and, through OpeningHours, when its rooms are open.
type Site struct {
	ID       string
	Code     string
	Name     Text
	TimeZone string // IANA name, such as Asia/Shanghai
	Version  int64  // grows with each edit: the ETag
}

// Location gives the site's time zone; UTC when the stored name is unknown to this machine.
func (s Site) Location() *time.Location {
	loc, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Text is a name in the languages that the school uses. English is required, Chinese falls back to it.
type Text struct {
	En string
	Zh string
}

// In gives the text for a language tag such as "zh-CN" or "en".
func (t Text) In(language string) string {
	if len(language) >= 2 && language[:2] == "zh" && t.Zh != "" {
		return t.Zh
	}
	if t.En == "" {
		return t.Zh
	}
	return t.En
}

// Room is a training room on a site.
type Room struct {
	ID      string
	SiteID  string
	Code    string
	Name    Text
	Version int64
}

// Kind is what a station is: plc-bench, cnc, lab-pc.
type Kind struct {
	ID      string
	Code    string
	Name    Text
	Version int64
}

// Station is the bookable place.
type Station struct {
	ID       string
	SiteID   string
	RoomID   string
	KindID   string
	Code     string // unique on its site: what is printed on the label, PLC-07
	Name     Text   // may be empty: then the code is the name
	Bookable bool
	// Since is when the station came to the school: before, it counts as closed. Zero: it has always been there.
	Since   time.Time // whole seconds
	Version int64
}

// Device reports about a station. Its id is its MQTT user name and client id.
type Device struct {
	ID         string // [a-z0-9][a-z0-9-]{0,62}
	Name       string
	SecretHash []byte // what HashSecret gives; nil while nobody has enrolled
	EnrolledAt time.Time
	DisabledAt time.Time // zero: may connect
	CreatedAt  time.Time
	Version    int64
}

// Placement ties a device to a station from one instant to another; Until is zero while it stands there.
type Placement struct {
	ID        string
	DeviceID  string
	StationID string
	From      time.Time
	Until     time.Time
}

// Covers reports whether the device stood there at that instant.
func (p Placement) Covers(at time.Time) bool {
	return !at.Before(p.From) && (p.Until.IsZero() || at.Before(p.Until))
}

// Enrollment is a one-time code that a computer trades for the credentials of a device.
type Enrollment struct {
	ID        string
	CodeHash  []byte // SHA-256 of the code
	DeviceID  string
	CreatedBy string // person
	CreatedAt time.Time
	ExpiresAt time.Time
	ClaimedAt time.Time // zero while nobody has used it
}

// Outage says that a station cannot be used from StartsAt to EndsAt; EndsAt is zero until further notice.
type Outage struct {
	ID        string
	StationID string
	StartsAt  time.Time
	EndsAt    time.Time
	Reason    string
	CreatedBy string
	CreatedAt time.Time
	Version   int64
}

// Covers reports whether the outage lasts at that instant.
func (o Outage) Covers(at time.Time) bool {
	return !at.Before(o.StartsAt) && (o.EndsAt.IsZero() || at.Before(o.EndsAt))
}
