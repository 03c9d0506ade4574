package httpapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

const (
	indexFile = "index.html"
	// assetFolder holds files whose names change with their content.
	assetFolder = "assets/"
)

// static serves the dashboard from memory: a few hundred kilobytes, packed once.
type static struct {
	files map[string]*staticFile // by path without the first slash
}

type staticFile struct {
	contentType string
	immutable   bool
	plain       variant
	packed      variant // without content when packing does not pay
}

type variant struct {
	content []byte
	etag    string
}

// newStatic reads all files. No dashboard at all is permitted: then there is only the API.
func newStatic(dashboard fs.FS) (*static, error) {
	s := &static{files: map[string]*staticFile{}}
	if dashboard == nil {
		return s, nil
	}
	err := fs.WalkDir(dashboard, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(dashboard, name)
		if err != nil {
			return err
		}
		s.files[name], err = newStaticFile(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("httpapi: read the dashboard: %w", err)
	}
	if s.files[indexFile] == nil {
		return nil, errors.New("httpapi: the dashboard has no index.html")
	}
	return s, nil
}

func newStaticFile(name string, content []byte) (*staticFile, error) {
	sum := sha256.Sum256(content)
	tag := hex.EncodeToString(sum[:12])
	f := &staticFile{
		contentType: contentTypeOf(name), immutable: strings.HasPrefix(name, assetFolder),
		plain: variant{content: content, etag: `"` + tag + `"`},
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if packed.Len() < len(content)*9/10 {
		f.packed = variant{content: packed.Bytes(), etag: `"` + tag + `-gz"`}
	}
	return f, nil
}

// contentTypeOf goes by the name; what the machine's own tables say differs from machine to machine.
func contentTypeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case ".json", ".map":
		return "application/json"
	}
	if byTable := mime.TypeByExtension(path.Ext(name)); byTable != "" {
		return byTable
	}
	return "application/octet-stream"
}

// serve answers what is no part of the API: a file, else the app, which knows its own pages.
func (s *static) serve(c echo.Context) error {
	wanted := strings.TrimPrefix(path.Clean("/"+c.Request().URL.Path), "/")
	if wanted == "api" || strings.HasPrefix(wanted, "api/") {
		return echo.ErrNotFound
	}
	f := s.files[wanted]
	if f == nil && !strings.HasPrefix(wanted, assetFolder) {
		f = s.files[indexFile]
	}
	if f == nil {
		return echo.ErrNotFound
	}
	header := c.Response().Header()
	use := f.plain
	if f.packed.content != nil {
		header.Set("Vary", "Accept-Encoding")
		if takesGzip(c.Request().Header.Get("Accept-Encoding")) {
			use = f.packed
			header.Set("Content-Encoding", "gzip")
		}
	}
	header.Set("ETag", use.etag)
	header.Set("Cache-Control", "no-cache")
	if f.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if has(c.Request().Header.Get("If-None-Match"), use.etag) {
		header.Del("Content-Encoding")
		return c.NoContent(http.StatusNotModified)
	}
	header.Set("Content-Length", strconv.Itoa(len(use.content)))
	return c.Blob(http.StatusOK, f.contentType, use.content)
}

// takesGzip reads Accept-Encoding; "gzip;q=0" is a no.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding != "gzip" && coding != "*" {
			continue
		}
		value, found := strings.CutPrefix(strings.TrimSpace(quality), "q=")
		if q, err := strconv.ParseFloat(value, 64); !found || err != nil || q > 0 {
			return true
		}
	}
	return false
}

// has looks for an ETag in a list of them.
func has(list, etag string) bool {
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == etag {
			return true
		}
	}
	return false
}
