//go:build !linux

package collect

// platform lists what is looked at elsewhere: the load. Whether somebody uses the computer cannot be seen from a
// service there, so it stays unknown, with source none.
func platform(Options, *applications) []source {
	return []source{{name: "load", collect: &load{}}}
}
