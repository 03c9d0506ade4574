package booking

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// A period is stored as {"starts":"08:00","ends":"08:45"}, hours as {"weekdays":[1,7],"from":"18:00","until":"24:00"}: as
// the API and people write them, where Monday is 1 and Sunday 7.

type (
	storedPeriod struct {
		Starts string `json:"starts"`
		Ends   string `json:"ends"`
	}
	storedHours struct {
		Weekdays []int  `json:"weekdays,omitempty"`
		From     string `json:"from"`
		Until    string `json:"until"`
	}
)

// MarshalJSON writes the times as clocks show them.
func (p Period) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedPeriod{Clock(p.Starts), Clock(p.Ends)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Period) UnmarshalJSON(raw []byte) (err error) {
	var in storedPeriod
	if err = json.Unmarshal(raw, &in); err != nil {
		return err
	}
	if p.Starts, err = ParseClock(in.Starts); err == nil {
		p.Ends, err = ParseClock(in.Ends)
	}
	return err
}

// MarshalJSON writes the times as clocks show them, and weekdays from Monday, 1, to Sunday, 7.
func (h Hours) MarshalJSON() ([]byte, error) {
	out := storedHours{From: Clock(h.From), Until: Clock(h.Until)}
	for _, day := range h.Weekdays {
		out.Weekdays = append(out.Weekdays, (day+6)%7+1)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (h *Hours) UnmarshalJSON(raw []byte) (err error) {
	var in storedHours
	if err = json.Unmarshal(raw, &in); err != nil {
		return err
	}
	h.Weekdays = nil
	for _, day := range in.Weekdays {
		if day < 1 || day > 7 {
			return fmt.Errorf("booking: %d is no weekday; Monday is 1, Sunday 7", day)
		}
		h.Weekdays = append(h.Weekdays, day%7)
	}
	if h.From, err = ParseClock(in.From); err == nil {
		h.Until, err = ParseClock(in.Until)
	}
	return err
}

// Clock writes minutes after midnight as a clock shows them: 08:30; the end of the day is 24:00.
func Clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// ParseClock reads what Clock writes.
func ParseClock(text string) (minute int, err error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("booking: %s is no time of day; write it like 08:30", strconv.Quote(text))
	}
	return at.Hour()*60 + at.Minute(), nil
}

// approvalNone is how ApprovalNone is written: a limit that says "nobody has to approve" is not one that says nothing.
const approvalNone = "none"

// MarshalText writes ApprovalNone as none.
func (a Approval) MarshalText() ([]byte, error) {
	if a == ApprovalNone {
		return []byte(approvalNone), nil
	}
	return []byte(a), nil
}

// UnmarshalText reads what MarshalText writes.
func (a *Approval) UnmarshalText(text []byte) error {
	switch v := Approval(text); v {
	case ApprovalInstructor, ApprovalAdmin:
		*a = v
	case ApprovalNone, approvalNone:
		*a = ApprovalNone
	default:
		return fmt.Errorf("booking: approval is none, instructor or admin, not %q", text)
	}
	return nil
}
