// Package demo invents a living school: one polytechnic in Shenzhen with 40 stations, a month of past, and devices that
// go on reporting over real MQTT.
//
// It writes the same CSV files that a school would import, and its devices speak the same contract as the agent. It may
// not know how anything is stored. Invariant: what a station does on a day is a pure function of the two, so the past
// that is imported and the present that is played fit together.
package demo

import (
	"fmt"
	"time"
)

// Zone is where the school is.
const Zone = "Asia/Shanghai"

// PastDays is how much past the school has.
const PastDays = 30

type room struct {
	code, en, zh  string
	opens, closes int // hours, local
	sunday        bool
}

// C101 never closes in the competition season, so that there is life on the board at any hour.
func rooms() []room {
	return []room{
		{"B203", "PLC training room", "PLC 实训室", 7, 23, true},
		{"C101", "CNC and robotics hall", "数控与机器人车间", 0, 24, true},
		{"D305", "Design and optometry", "设计与眼视光实训室", 8, 22, false},
	}
}

type kind struct {
	code, en, zh string
	prefix, room string
	count        int
	programme    string
	demand       float64 // how much the kind is wanted, against the school's average
	watts        float64 // drawn in use
	application  string
}

func kinds() []kind {
	return []kind{
		{"plc-bench", "PLC bench", "PLC 实训台", "PLC", "B203", 16, "机电 Mechatronics", 0.85, 90, "plc-programming"},
		{"cnc", "CNC milling machine", "数控铣床", "CNC", "C101", 8, "数控 CNC technology", 1.25, 2400, "cam"},
		{"robot-cell", "Robot cell", "机器人工作站", "ROB", "C101", 4, "机器人 Robotics", 1, 1100, "robot-programming"},
		{"cad-seat", "CAD seat", "CAD 机位", "CAD", "D305", 8, "设计 Product design", 0.75, 180, "cad"},
		{"optometry-chair", "Optometry chair", "验光椅", "OPT", "D305", 4, "眼视光 Optometry", 0.35, 60, "optometry"},
	}
}

// station is one of the 40.
type station struct {
	kind
	code   string
	device string
	in     room
}

func stations() []station {
	byCode := map[string]room{}
	for _, r := range rooms() {
		byCode[r.code] = r
	}
	var out []station
	for _, k := range kinds() {
		for n := 1; n <= k.count; n++ {
			code := fmt.Sprintf("%s-%02d", k.prefix, n)
			out = append(out, station{kind: k, code: code, device: deviceOf(code), in: byCode[k.room]})
		}
	}
	return out
}

func deviceOf(code string) string { return "demo-" + lower(code) }

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Two stations have a story of their own: one is broken, the device of the other fell silent.
const (
	brokenStation = "CNC-03"
	silentStation = "CNC-05"
)

// silentFor is how long before the start of the demo the silent device was last heard.
const silentFor = 140 * time.Minute

// Account is somebody who can sign in to the demo.
type Account struct {
	Login, Name, Role, Programme string
}

// instructor is the login of the one who teaches the classes.
const instructor = "instructor"

// Accounts gives one person of each role; all have the password Password.
func Accounts() []Account {
	return []Account{
		{"student", "陈宇 Chen Yu", "student", "机电 Mechatronics"},
		{instructor, "周敏 Zhou Min", "instructor", ""},
		{"planner", "林桦 Lin Hua", "planner", ""},
		{"admin", "吴刚 Wu Gang", "admin", ""},
	}
}

// Password of the demo accounts. It stands on the sign-in page.
const Password = "demo-school"

// pupils are the others who book.
func pupils() []Account {
	names := []string{
		"李娜 Li Na", "王浩 Wang Hao", "张伟 Zhang Wei", "刘洋 Liu Yang", "黄婷 Huang Ting", "赵磊 Zhao Lei", "孙悦 Sun Yue",
		"周杰 Zhou Jie", "吴桐 Wu Tong", "郑爽 Zheng Shuang", "冯琳 Feng Lin", "蒋欣 Jiang Xin", "沈阳 Shen Yang", "韩雪 Han Xue",
		"杨帆 Yang Fan", "朱琪 Zhu Qi", "秦川 Qin Chuan", "许晴 Xu Qing", "何勇 He Yong", "吕良 Lü Liang", "施诗 Shi Shi",
		"孔明 Kong Ming", "曹冲 Cao Chong", "严宽 Yan Kuan", "金秋 Jin Qiu", "魏然 Wei Ran", "陶然 Tao Ran", "姜山 Jiang Shan",
		"谢雨 Xie Yu", "邹凯 Zou Kai", "苏醒 Su Xing", "潘悦 Pan Yue", "葛亮 Ge Liang", "范冰 Fan Bing", "彭湃 Peng Pai",
		"鲁班 Lu Ban", "马丽 Ma Li", "方圆 Fang Yuan", "任重 Ren Zhong", "袁方 Yuan Fang", "柳青 Liu Qing", "唐棠 Tang Tang",
	}
	programmes := kinds()
	out := make([]Account, len(names))
	for i, name := range names {
		out[i] = Account{fmt.Sprintf("s%04d", 2401+i), name, "student", programmes[i%len(programmes)].programme}
	}
	return out
}
