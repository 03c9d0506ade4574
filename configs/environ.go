package configs

import (
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Overlay sets the fields of the struct that target points to from the environment. The name of a key's variable is
// prefix, then the path of its yaml names in capitals, joined by "_": with the prefix LABTIDE, server.listen is
// LABTIDE_SERVER_LISTEN. Lists take commas. A variable that begins with the name of a section and names no key in it is
// an error, as is a value of the wrong type: all faults come joined, each naming its variable.
func Overlay(target any, prefix string, environ []string) error {
	fields := map[string]reflect.Value{}
	sections := collect(reflect.ValueOf(target).Elem(), prefix, fields)
	var faults []error
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		field, ok := fields[name]
		if !ok {
			if hasPrefix(name, sections) {
				faults = append(faults, fmt.Errorf("%s: no such setting; the nearest is %s", name, nearest(name, fields)))
			}
			continue
		}
		if err := set(field, value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(faults...)
}

// collect files every settable field under its variable's name, and gives the beginnings of the sections' names.
func collect(v reflect.Value, path string, into map[string]reflect.Value) (sections []string) {
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		name := path + "_" + strings.ToUpper(tag)
		if v.Field(i).Kind() == reflect.Struct {
			sections = append(append(sections, name+"_"), collect(v.Field(i), name, into)...)
			continue
		}
		into[name] = v.Field(i)
	}
	return sections
}

func set(field reflect.Value, value string) error {
	if field.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("%q is no length of time; write 90s, 5m or 24h", value)
		}
		field.SetInt(int64(d))
		return nil
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(value)
	case reflect.Bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		field.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no whole number", value)
		}
		field.SetInt(n)
	case reflect.Float64:
		f, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%q is no number", value)
		}
		field.SetFloat(f)
	case reflect.Slice:
		return setList(field, value)
	default:
		return fmt.Errorf("a %s cannot be set by the environment; write it into the file", field.Kind())
	}
	return nil
}

func setList(field reflect.Value, value string) error {
	if field.Type().Elem().Kind() != reflect.String {
		return errors.New("this list cannot be set by the environment; write it into the file")
	}
	list := reflect.MakeSlice(field.Type(), 0, 4)
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = reflect.Append(list, reflect.ValueOf(part).Convert(field.Type().Elem()))
		}
	}
	field.Set(list)
	return nil
}

// nearest gives the known name that shares the longest beginning with name.
func nearest(name string, fields map[string]reflect.Value) string {
	known := make([]string, 0, len(fields))
	for k := range fields {
		known = append(known, k)
	}
	sort.Strings(known)
	best, length := "", -1
	for _, k := range known {
		n := 0
		for n < len(k) && n < len(name) && k[n] == name[n] {
			n++
		}
		if n > length {
			best, length = k, n
		}
	}
	return best
}

func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
