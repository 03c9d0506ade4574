package equipment

import "testing"

func TestAKeyFitsItsStationAndNoOther(t *testing.T) {
	keys := NewLabelKeys([]byte("a secret of the server"))
	key := keys.Key("one")
	if len(key) != 16 || !keys.Fits("one", key) {
		t.Errorf("%q does not fit", key)
	}
	for _, c := range []struct {
		keys    LabelKeys
		station string
		key     string
	}{
		{keys, "two", key},
		{keys, "one", key[:15]},
		{keys, "one", ""},
		{NewLabelKeys([]byte("another secret")), "one", key},
		{LabelKeys{}, "one", LabelKeys{}.Key("one")},
	} {
		if c.keys.Fits(c.station, c.key) {
			t.Errorf("%q fits %s", c.key, c.station)
		}
	}
}
