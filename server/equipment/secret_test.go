package equipment

import (
	"bytes"
	"testing"
)

func TestASecretIsKnownByItsHashAndOnlyByIt(t *testing.T) {
	hash := HashSecret("a long random token")
	if !CheckSecret(hash, "a long random token") {
		t.Error("the right secret is refused")
	}
	for _, wrong := range []string{"", "a long random toke", "a long random token "} {
		if CheckSecret(hash, wrong) {
			t.Errorf("%q is accepted", wrong)
		}
	}
	if bytes.Equal(hash, HashSecret("a long random token")) {
		t.Error("two hashes of one secret are equal: there is no salt")
	}
}

func TestAMissingOrBrokenHashLetsNobodyIn(t *testing.T) {
	for _, hash := range []string{"", "$", "$7$1$$", "$7$0$AAAA$AAAA", "$7$1$AAAA$", "$7$99999999999$AAAA$AAAA", "$6$1$AAAA$AAAA", "$7$1$?$AAAA"} {
		if CheckSecret([]byte(hash), "") {
			t.Errorf("%q accepts the empty secret", hash)
		}
	}
}

func BenchmarkCheckSecret(b *testing.B) {
	hash := HashSecret("a long random token")
	for b.Loop() {
		if !CheckSecret(hash, "a long random token") {
			b.Fatal("refused")
		}
	}
}
