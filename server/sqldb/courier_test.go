package sqldb

import (
	"context"
	"testing"
	"time"

	"github.com/labtide/labtide/server/booking"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/courier/couriertest"
)

func TestCourierIsACourierStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			cfg := configOf(t, driver)
			couriertest.RunStore(t, func(t *testing.T) couriertest.Backend {
				if driver == SQLite {
					cfg = configOf(t, driver)
				}
				one, two := openTest(t, cfg), openTest(t, cfg)
				if driver == Postgres {
					if _, err := one.direct(t.Context()).exec("TRUNCATE effects, deliveries, webhooks"); err != nil {
						t.Fatal(err)
					}
				}
				return couriertest.Backend{
					Stores: [2]courier.Store{NewCourier(one), NewCourier(two)},
					Happen: func(ctx context.Context, effects ...booking.Effect) error {
						return NewBookings(one).Decide(ctx, booking.Ask{}, func(booking.View) (booking.Write, error) {
							return booking.Write{Effects: effects}, nil
						})
					},
				}
			})
		})
	}
}

func TestWhatWasToldLongAgoIsSweptAndWhatWaitsIsNot(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		db := openTest(t, cfg)
		c := NewCourier(db)
		at := couriertest.At(0)
		effects := []booking.Effect{{ID: "told", At: at, Event: booking.EventReserved}, {ID: "waits", At: at, Event: booking.EventReserved}}
		err := NewBookings(db).Decide(t.Context(), booking.Ask{}, func(booking.View) (booking.Write, error) {
			return booking.Write{Effects: effects}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Plan(t.Context(), at, 9, func(effects []booking.Effect) (out []courier.Delivery) {
			for _, e := range effects {
				out = append(out, courier.Delivery{Effect: e, Channel: courier.ChannelMail, TargetID: "li", Lane: e.ID, CreatedAt: at, DueAt: at, GiveUpAt: at})
			}
			return out
		})
		if err != nil {
			t.Fatal(err)
		}
		claimed, err := c.Claim(t.Context(), at, time.Minute, 1, []string{"waits"})
		if err != nil || len(claimed) != 1 {
			t.Fatalf("%v, %v", claimed, err)
		}
		if err := c.Finish(t.Context(), claimed[0], at, courier.OutcomeSent, ""); err != nil {
			t.Fatal(err)
		}
		for _, look := range []struct{ days, left int }{{29, 2}, {31, 1}} {
			if err := db.Sweep(t.Context(), at.AddDate(0, 0, look.days)); err != nil {
				t.Fatal(err)
			}
			got, err := c.Deliveries(t.Context(), courier.Filter{})
			if err != nil || len(got) != look.left || got[len(got)-1].Effect.ID == "told" && look.left == 1 {
				t.Errorf("after %d days: %+v, %v", look.days, got, err)
			}
		}
	})
}

func TestCourierIsAFeedStore(t *testing.T) {
	for _, driver := range drivers() {
		t.Run(driver, func(t *testing.T) {
			fresh := emptied(t, driver)
			couriertest.RunFeedStore(t, func(t *testing.T) courier.FeedStore {
				db := fresh(t)
				for _, id := range []string{"li", "wang"} {
					_, err := db.writeOne(t.Context(), `INSERT INTO people (id, login, login_key, name, role, programme, language, password_hash, created_at, version)
						VALUES ($1, $1, $1, $1, 'student', '', '', '', 0, 1)`, id)
					if err != nil {
						t.Fatal(err)
					}
				}
				return NewCourier(db)
			})
		})
	}
}
