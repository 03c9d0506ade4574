package account

import (
	"strings"
	"testing"
)

func TestOnlyPlainMailAddressesAreTaken(t *testing.T) {
	for text, ok := range map[string]bool{
		"li.wei@school.example": true, "2026001+plc@stu.school.edu.cn": true, "a@b": true,
		"": false, "li": false, "li@": false, "@school.example": false, "Li <li@school.example>": false, "li@school.example, wang@school.example": false,
		"李@school.example": false, "li@school.example\nBcc: x@y": false, "li wei@school.example": false, "(Li) li@school.example": false,
		strings.Repeat("a", 250) + "@b.cn": false, "li@school.example\x00": false,
	} {
		if ValidEmail(text) != ok {
			t.Errorf("%q: %v", text, !ok)
		}
	}
}
