//go:build tools

package main

import (
	_ "github.com/alexedwards/argon2id"
	_ "github.com/alexedwards/scs/v2"
	_ "github.com/eclipse/paho.mqtt.golang"
	_ "github.com/getkin/kin-openapi/openapi3filter"
	_ "github.com/goccy/go-yaml"
	_ "github.com/godbus/dbus/v5"
	_ "github.com/influxdata/influxdb-client-go/v2"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/jezek/xgb/screensaver"
	_ "github.com/labstack/echo/v4/middleware"
	_ "github.com/oapi-codegen/runtime"
	_ "github.com/oapi-codegen/runtime/strictmiddleware/echo"
	_ "github.com/oapi-codegen/echo-middleware"
	_ "github.com/pressly/goose/v3"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/shirou/gopsutil/v4/process"
	_ "github.com/shirou/gopsutil/v4/cpu"
	_ "github.com/wind-c/comqtt/v2/mqtt"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/time/rate"
	_ "modernc.org/sqlite"
)
