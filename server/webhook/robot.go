package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds that the robots set, in bytes of UTF-8. DingTalk bounds the whole request by 20,000.
const (
	weComTextBytes       = 2048
	weComMarkdownBytes   = 4096
	dingTalkTitleBytes   = 128
	dingTalkContentBytes = 16000
)

// weCom writes markdown.
func weCom(m Message) []byte {
	lines := []string{"**" + escape(m.Title) + "**"}
	for _, line := range m.Lines {
		lines = append(lines, "> "+escape(line))
	}
	content := clip(strings.Join(lines, "\n"), weComMarkdownBytes-linkRoom(m))
	return encode(map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": content + link(m, "\n")}})
}

// dingTalk writes markdown; the title is what the list of conversations shows.
func dingTalk(m Message) []byte {
	lines := []string{"#### " + escape(m.Title)}
	for _, line := range m.Lines {
		lines = append(lines, "> "+escape(line))
	}
	// One line break is none in DingTalk's markdown.
	content := clip(strings.Join(lines, "\n\n"), dingTalkContentBytes-linkRoom(m))
	return encode(map[string]any{"msgtype": "markdown", "markdown": map[string]string{
		"title": clip(m.Title, dingTalkTitleBytes), "text": content + link(m, "\n\n"),
	}})
}

// weComText writes without marks: what people see who read the group in WeChat, which does not show markdown.
func weComText(m Message) []byte {
	// <@ would call somebody.
	content := strings.ReplaceAll(strings.Join(append([]string{m.Title}, m.Lines...), "\n"), "<@", "<\uff20")
	content = clip(content, weComTextBytes-len(m.Link)-1)
	if m.Link != "" {
		content += "\n" + m.Link
	}
	return encode(map[string]any{"msgtype": "text", "text": map[string]string{"content": content}})
}

func link(m Message, before string) string {
	if m.Link == "" {
		return ""
	}
	return before + "[" + escape(m.LinkText) + "](" + m.Link + ")"
}

func linkRoom(m Message) int { return len(link(m, "\n\n")) }

// escape keeps a text from becoming marks: a name in brackets is no link, and a note makes nobody bold, red or called.
// Neither robot says how to escape, so the marks give way to the full-width characters that look like them.
func escape(text string) string {
	return strings.NewReplacer(
		"*", "\uff0a", "[", "\uff3b", "]", "\uff3d", "<", "\uff1c", ">", "\uff1e", "`", "\u2019", "@", "\uff20",
	).Replace(strings.Join(strings.Fields(text), " "))
}

// clip cuts a text to so many bytes, between characters, and says that it did.
func clip(text string, maxBytes int) string {
	if len(text) <= maxBytes {
		return text
	}
	const more = "…"
	end := max(maxBytes-len(more), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}

func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil // maps of strings always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// robotAnswer reads what a robot says inside a 200.
func robotAnswer(shape Shape, status int, answer []byte) error {
	var said struct {
		Code    *int   `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if err := json.Unmarshal(answer, &said); err != nil || said.Code == nil {
		return &Error{Class: Permanent, Code: CodeNoRobot, Status: status, Err: fmt.Errorf("the answer is not that of a %s robot; is the address right?", shape)}
	}
	if *said.Code == 0 {
		return nil
	}
	words := clip(said.Message, 200)
	e := &Error{
		Class: Permanent, Code: meaning(shape, *said.Code), Detail: strings.TrimSpace(fmt.Sprint(*said.Code, " ", words)), Status: status,
		Err: fmt.Errorf("the robot said %d: %s", *said.Code, words),
	}
	if wait, ok := busy(shape, *said.Code); ok {
		e.Class, e.Code, e.RetryAfter = Temporary, CodeRobotBusy, wait
	}
	return e
}

// meaning gives what a robot's code says about how it is set up.
func meaning(shape Shape, code int) Code {
	switch {
	case shape != ShapeDingTalk && code == 93000, shape == ShapeDingTalk && (code == 300001 || code == 300005):
		return CodeRobotUnknown
	case shape == ShapeDingTalk && code == 310000:
		return CodeRobotSecurity
	}
	return CodeRobotRefused
}

// busy reports whether a code means "later", and how much later. Both robots take 20 messages a minute; DingTalk then
// closes for ten minutes.
func busy(shape Shape, code int) (time.Duration, bool) {
	const systemBusy = -1
	switch {
	case code == systemBusy:
		return 0, true
	case shape != ShapeDingTalk && (code == 45009 || code == 45033):
		return time.Minute, true
	case shape == ShapeDingTalk && (code == 130101 || code == 410100 || code == 90018 || code == 90030):
		return 10 * time.Minute, true
	}
	return 0, false
}
