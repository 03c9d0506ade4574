package courier

import (
	"time"

	"github.com/labtide/labtide/server/booking"
)

func chinese() language {
	return language{
		tag:      Chinese,
		greeting: "{name}，您好！", colon: "：",
		footer: "本邮件由实训工位系统 Labtide 自动发送，因为它涉及您的预约或待办事项。请勿直接回复。",
		date: func(t time.Time) string {
			return t.Format("2006年1月2日") + " 周" + string([]rune("日一二三四五六")[t.Weekday()])
		},
		details: details{
			station: "工位", kind: "工位类型", time: "时间", from: "原工位", reason: "原因", decision: "结果", answer: "答复", until: "截止", state: "状态",
		},
		decision: map[string]string{"accepted": "申诉成立", "rejected": "申诉不成立", "approved": "已通过", "declined": "未通过"},
		waits:    "待审批",
		purposes: map[booking.Purpose]string{
			booking.PurposePractice: "练习", booking.PurposeClass: "上课", booking.PurposeCompetition: "竞赛", booking.PurposeResearch: "科研",
			booking.PurposeService: "社会服务",
		},
		events: map[booking.Event]words{
			booking.EventReserved:            {"预约成功：{station}", "您的预约已成立。", "查看预约"},
			booking.EventChanged:             {"预约已变更：{station}", "您的预约有变更，现在的安排如下。", "查看预约"},
			booking.EventCancelled:           {"预约已取消：{station}", "您的预约已取消。", "查看我的预约"},
			booking.EventEnded:               {"已提前归还：{station}", "您已提前结束使用，剩余时段已释放。", "查看我的预约"},
			booking.EventRequested:           {"待审批：{station}", "{who}申请使用以下工位，请您审批。", "去审批"},
			booking.EventApproved:            {"预约已通过：{station}", "您的预约申请已通过审批。", "查看预约"},
			booking.EventDeclined:            {"预约未通过：{station}", "您的预约申请未通过审批，该时段未为您保留。", "查看我的预约"},
			booking.EventMovedByOther:        {"预约已换工位：{from} → {station}", "您的预约已调整到另一个工位，您无需任何操作。", "查看预约"},
			booking.EventCancelledByOther:    {"预约被取消：{station}", "很抱歉，您的预约不得不取消。您可以改约其他时间或其他工位。", "重新预约"},
			booking.EventCompanyLeft:         {"同行者已退出：{station}", "{who}不再同行。如人数不足，请在截止时间前另邀他人，否则预约将被收回。", "另邀同行者"},
			booking.EventCompanyMissing:      {"人数不足：{station}", "该工位人数不足，且未另邀他人，您的预约已被收回。", "重新预约"},
			booking.EventReleased:            {"工位已释放：{station}", "系统检测到工位无人使用，您预约的剩余时段已释放给其他同学。", "查看我的预约"},
			booking.EventReleaseWarning:      {"还在使用吗？{station}", "系统检测到工位似乎无人使用。请继续操作，否则剩余时段将释放给其他同学。", "我还在使用"},
			booking.EventOccupied:            {"{station} 被他人占用？", "本次预约开始前就有人未经预约在此操作，且至今未离开。未预约者请将工位让给预约人。", "查看工位"},
			booking.EventOfferMade:           {"候补有位：{station}", "您候补的时段已空出，现为您保留。请在截止时间前确认，逾期将顺延给下一位。", "接受候补"},
			booking.EventOfferExpired:        {"候补已过期：{station}", "您未在截止时间前确认，名额已顺延给下一位。", "查看候补"},
			booking.EventVerdictAbsent:       {"记为缺席：{station}", "系统未检测到有人使用该工位，本次预约记为缺席。如有误，您可以提出申诉。", "查看依据"},
			booking.EventStrikeTakenBack:     {"缺席记录已撤销：{station}", "本次预约的缺席记录已撤销，不再计入。", "查看我的预约"},
			booking.EventAppealMade:          {"待处理申诉：{station}", "{who}对一条缺席记录提出申诉，请您处理。", "去处理"},
			booking.EventAppealDecided:       {"申诉已处理：{station}", "您的申诉已有结果。", "查看我的预约"},
			booking.EventOutageReported:      {"故障上报：{station}", "{who}上报该工位有故障，请您查看。", "查看上报"},
			booking.EventOutageStarted:       {"工位停用：{station}", "该工位暂时无法使用。", "查看工位"},
			booking.EventOutageEnded:         {"工位恢复：{station}", "该工位已恢复使用。", "查看工位"},
			booking.EventQualificationEnding: {"上机资格即将到期：{kind}", "您对该类工位的上机资格即将到期，请联系指导教师续期。", "查看我的资格"},
			booking.EventSeriesChanged:       {"系列预约已变更：{station}", "您的系列预约有变更。", "查看我的预约"},
		},
		along: chineseAlong(),
	}
}

// chineseAlong are the words for somebody who only comes along.
func chineseAlong() map[booking.Event]words {
	return map[booking.Event]words{
		booking.EventReserved:         {"邀您同行：{station}", "{who}在这次预约中把您列为同行者，该时段您将视为已有安排。如不愿参加，可以退出。", "查看或退出"},
		booking.EventChanged:          {"预约已变更：{station}", "您同行的{who}的预约有变更。您可以退出。", "查看或退出"},
		booking.EventCancelled:        {"您已空闲：{station}", "您不再参加{who}的这次预约。", "查看我的预约"},
		booking.EventCancelledByOther: {"您已空闲：{station}", "您同行的{who}的这次预约已被取消。", "查看我的预约"},
		booking.EventOccupied:         {"{station} 被他人占用？", "您的预约开始前就有人在该工位操作，且至今未离开。如果是您本人，请扫描工位二维码签到；如果不是，请联系教师。", "查看工位"},
		booking.EventSeriesChanged:    {"邀您同行：{station}", "{who}在系列预约中把您列为同行者，或变更了该系列。您可以退出其中任何一次。", "查看或退出"},
	}
}
