package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// stage is something that runs until its context ends.
type stage struct {
	name string
	run  func(ctx context.Context) error
}

// runStages starts the stages in order and stops them in the reverse order, each only after the one that was started behind
// it has ended. They stop when ctx ends or one of them does; the first error of each is returned, joined.
func runStages(ctx context.Context, stages []stage) error {
	over, stop := context.WithCancel(ctx)
	defer stop()
	cancels := make([]context.CancelFunc, len(stages))
	ends := make([]chan error, len(stages))
	for i, s := range stages {
		stageCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		cancels[i], ends[i] = cancel, make(chan error, 1)
		go func() {
			defer stop()
			ends[i] <- s.run(stageCtx)
		}()
	}
	<-over.Done()
	var faults []error
	for i := len(stages) - 1; i >= 0; i-- {
		cancels[i]()
		if err := <-ends[i]; err != nil && !errors.Is(err, context.Canceled) {
			faults = append(faults, fmt.Errorf("%s: %w", stages[i].name, err))
		}
	}
	return errors.Join(faults...)
}

// together runs several functions as one stage: the first error ends all of them.
func together(runs ...func(ctx context.Context) error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		errs := make([]error, len(runs))
		var group sync.WaitGroup
		for i, run := range runs {
			group.Go(func() {
				if errs[i] = run(ctx); errs[i] != nil {
					cancel()
				}
			})
		}
		group.Wait()
		return errors.Join(errs...)
	}
}
