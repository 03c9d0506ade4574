package booking

import "errors"

// attempts bounds how often a decision is made anew because what it rested on moved before it was locked.
const attempts = 4

// settled makes a decision until what it rests on stands still: try asks anew while it says again.
func settled[T any](try func() (after T, again bool, err error)) (T, error) {
	for range attempts {
		after, again, err := try()
		if !again {
			return after, err
		}
	}
	var none T
	return none, errUnsettled()
}

// outcome gives what a decision came to: an overlap that only the database saw is a reason to ask anew, and what was refused is
// an error.
func outcome[T any](after T, again bool, refused *Refused, err error) (T, bool, error) {
	var none T
	switch {
	case errors.Is(err, ErrOverlap):
		return none, true, nil
	case err != nil || again:
		return none, again && err == nil, err
	case refused != nil:
		return none, false, refused
	}
	return after, false, nil
}
