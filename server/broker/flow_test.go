package broker

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestDevicesWaitWhileTheServerWorksAndNotWhenItHasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flow
		for range window {
			if !f.enter() {
				t.Fatal("no room in an empty window")
			}
			f.sent()
		}
		entered := make(chan bool, 10)
		for range 3 {
			go func() { entered <- f.enter() }()
		}
		synctest.Wait()
		if len(entered) != 0 {
			t.Fatal("somebody passed a full window")
		}
		for n := range 2 { // slow, but it moves: for longer than it may stand still
			time.Sleep(stalledAfter - time.Millisecond)
			f.over()
			synctest.Wait()
			if len(entered) != n+1 || !<-entered {
				t.Fatalf("one passed, %d should have", n+1)
			}
			entered <- true
			f.sent()
		}
		time.Sleep(stalledAfter)
		synctest.Wait()
		if len(entered) != 3 || !<-entered || !<-entered || <-entered {
			t.Fatal("the third was not sent away when nothing moved any more")
		}
		began := time.Now()
		if f.enter() || time.Since(began) > 0 {
			t.Error("a device waits for a server that has stopped")
		}
		for range window {
			f.over()
		}
		time.Sleep(time.Hour)
		if !f.enter() {
			t.Error("no room after an idle hour")
		}
	})
}
