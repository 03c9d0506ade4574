package httpapi

import "testing"

func TestWholeNumbersAreWrittenPlainly(t *testing.T) {
	for in, want := range map[string]string{
		`{"weekday":4.0,"name":"4.0","n":[1e2,-0.0,1.5,7]}`: `{"weekday":4,"name":"4.0","n":[100,0,1.5,7]}`,
		`{"a":"\"1.0","b":1.0}`:                             `{"a":"\"1.0","b":1}`,
		`{"a":1e300,"b":"x"}`:                               `{"a":1e300,"b":"x"}`,
		`4.0`:                                               `4`,
		`"\\"`:                                              `"\\"`,
		`[]`:                                                `[]`,
	} {
		if got := string(plainNumbers([]byte(in))); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}
