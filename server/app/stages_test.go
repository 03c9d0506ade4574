package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

func TestStagesEndInReverseOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var ended []string
		wait := func(name string) stage {
			return stage{name, func(ctx context.Context) error {
				<-ctx.Done()
				mu.Lock()
				defer mu.Unlock()
				ended = append(ended, name)
				return ctx.Err()
			}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- runStages(ctx, []stage{wait("stores"), wait("broker"), wait("http")}) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !slices.Equal(ended, []string{"http", "broker", "stores"}) {
			t.Errorf("ended %v", ended)
		}
	})
}

func TestAStageThatFailsEndsTheOthersAndIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("port taken")
		err := runStages(t.Context(), []stage{
			{"broker", func(ctx context.Context) error { <-ctx.Done(); return nil }},
			{"http", func(context.Context) error { return gone }},
		})
		if !errors.Is(err, gone) || err.Error() != "http: port taken" {
			t.Errorf("got %v", err)
		}
	})
}
