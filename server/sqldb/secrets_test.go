package sqldb

import (
	"bytes"
	"sync"
	"testing"
)

func TestTheFirstWhoAsksMakesASecretForAll(t *testing.T) {
	onEach(t, func(t *testing.T, cfg Config) {
		handles := []*DB{openTest(t, cfg), openTest(t, cfg)}
		got := make([][]byte, 8)
		var group sync.WaitGroup
		for i := range got {
			group.Go(func() {
				var err error
				if got[i], err = handles[i%2].Secret(t.Context(), "labels"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, secret := range got {
			if len(secret) != secretBytes || !bytes.Equal(secret, got[0]) {
				t.Errorf("%x and %x", secret, got[0])
			}
		}
		if other, err := handles[0].Secret(t.Context(), "another"); err != nil || bytes.Equal(other, got[0]) {
			t.Errorf("another name: %x, %v", other, err)
		}
	})
}
