package timetable

import (
	"slices"
	"strings"
)

// inEnglish gives the name of a column that is written in Chinese; others stay as they are.
func inEnglish(name string) string {
	known := map[string]string{
		"开始": "starts", "开始时间": "starts", "结束": "ends", "结束时间": "ends", "节次": "periods", "实训室": "room", "教室": "room",
		"工位": "stations", "星期": "weekday", "日期": "day", "周次": "weeks", "教师": "instructor", "教师账号": "instructor", "专业": "programme",
		"课程": "title", "课程名称": "title",
	}
	if english, ok := known[name]; ok {
		return english
	}
	return name
}

// weekdayOf counts from Monday, 0; -1 is none.
func weekdayOf(text string) int {
	text = strings.ToLower(text)
	for _, prefix := range []string{"星期", "周"} {
		text = strings.TrimPrefix(text, prefix)
	}
	if text == "天" {
		text = "日"
	}
	for _, week := range [][]string{
		{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, {"一", "二", "三", "四", "五", "六", "日"}, {"1", "2", "3", "4", "5", "6", "7"},
	} {
		if at := slices.Index(week, text); at >= 0 {
			return at
		}
	}
	return -1
}
