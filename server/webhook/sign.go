package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strconv"
	"time"
)

// Sign gives the header Labtide-Signature: t is the instant in Unix seconds, v1 the HMAC-SHA256 by the secret of t, a
// dot, and the body. A receiver compares it in constant time and refuses what is old.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// dingTalkURL adds the robot's signature: HMAC-SHA256 by the secret of the milliseconds, a line feed and the secret
// itself. Without a secret the robot goes by keywords or by our address, and nothing is added.
func dingTalkURL(address, secret string, at time.Time) string {
	u, err := url.Parse(address)
	if err != nil || secret == "" {
		return address
	}
	t := strconv.FormatInt(at.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "\n" + secret))
	query := u.Query()
	query.Set("timestamp", t)
	query.Set("sign", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	u.RawQuery = query.Encode()
	return u.String()
}
