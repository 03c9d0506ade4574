// Package dashboard carries the built dashboard inside the binary, so that a
// server needs neither npm nor files beside it. It may know nothing of the
// server. Its invariant: dist is what `npm run build` makes of the sources
// beside it (embed_test.go says when it is not).
package dashboard

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist is the built dashboard: index.html at its root, hashed files that never
// change under assets/.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant that the compiler embedded
	}
	return sub
}
