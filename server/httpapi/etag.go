package httpapi

import (
	"strconv"
	"strings"

	"github.com/labtide/labtide/server/fault"
)

// etag writes a version as an ETag.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// matches refuses an If-Match that is not the given ETag. None matches everything.
func matches(ifMatch *IfMatch, tag string) error {
	if ifMatch == nil || strings.TrimPrefix(*ifMatch, "W/") == tag {
		return nil
	}
	return fault.Stale("changed_meanwhile", "it has changed since you read it; read it again and repeat the change")
}

// versionOf gives the version of an If-Match, 0 when there is none. What is no version is one that nothing ever has.
func versionOf(ifMatch *IfMatch) int64 {
	if ifMatch == nil {
		return 0
	}
	version, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(*ifMatch, "W/"), `"`), 10, 64)
	if err != nil || version <= 0 {
		return -1
	}
	return version
}
