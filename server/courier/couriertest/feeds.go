package couriertest

import (
	"testing"

	"github.com/labtide/labtide/server/account"
	"github.com/labtide/labtide/server/courier"
	"github.com/labtide/labtide/server/fault"
)

// RunFeedStore runs the suite of calendar links; newStore gives an empty store in which the people "li" and "wang" exist.
func RunFeedStore(t *testing.T, newStore func(t *testing.T) courier.FeedStore) {
	link := func(person, secret string) courier.Feed {
		return courier.Feed{Hash: account.Hash(secret), PersonID: person, RoomID: "b203", Name: "一号实训室", CreatedAt: At(0)}
	}
	t.Run("a link is found by its secret and listed for its person alone", func(t *testing.T) {
		s := newStore(t)
		put, err := s.InsertFeed(t.Context(), link("li", "one"))
		if err != nil || put.ID == "" {
			t.Fatalf("%+v, %v", put, err)
		}
		got, err := s.FeedByHash(t.Context(), account.Hash("one"), At(7))
		want(t, "no error", err, nil)
		put.LastUsedAt = At(7)
		want(t, "as it was put, and used", got, put)
		for _, soon := range []int{8, 66} { // within a minute nothing is written
			_, err = s.FeedByHash(t.Context(), account.Hash("one"), At(soon))
			want(t, "no error", err, nil)
		}
		mine, err := s.Feeds(t.Context(), "li")
		want(t, "no error", err, nil)
		want(t, "listed", mine, []courier.Feed{put})
		others, err := s.Feeds(t.Context(), "wang")
		want(t, "no error", err, nil)
		want(t, "of another", len(others), 0)
		got, err = s.FeedByHash(t.Context(), account.Hash("one"), At(67))
		want(t, "no error", err, nil)
		want(t, "used again", got.LastUsedAt, At(67))
	})
	t.Run("a link that is revoked is as if it had never been, and only its person revokes it", func(t *testing.T) {
		s := newStore(t)
		put, err := s.InsertFeed(t.Context(), link("li", "one"))
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range [][2]string{{"wang", put.ID}, {"li", "x"}, {"li", "\x00"}} {
			if err := s.RevokeFeed(t.Context(), wrong[0], wrong[1], At(1)); fault.CodeOf(err) != "feed_unknown" {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		want(t, "revoke", s.RevokeFeed(t.Context(), "li", put.ID, At(1)), nil)
		if err := s.RevokeFeed(t.Context(), "li", put.ID, At(2)); fault.CodeOf(err) != "feed_unknown" {
			t.Errorf("again: %v", err)
		}
		if _, err := s.FeedByHash(t.Context(), account.Hash("one"), At(3)); fault.CodeOf(err) != "feed_unknown" {
			t.Errorf("found: %v", err)
		}
		mine, err := s.Feeds(t.Context(), "li")
		want(t, "no error", err, nil)
		want(t, "listed", len(mine), 0)
	})
}
