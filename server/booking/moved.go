package booking

// Somebody else may move a booking to an equivalent station: its own is out of order, or a class needs it. Nobody loses theirs for
// a rule about persons, and nobody is put where they may not work: of those rules, the ones are asked that want more at the new
// station than at the old one. They are those of safety: who must be there, who may use it, who must agree.

// moved says whether a rule is asked of a booking that somebody else moves from the inquiry's home.
type moved func(r rule, q *inquiry) bool

func always(rule, *inquiry) bool { return true }

// unlike asks a rule that has nothing against the booking at home.
func unlike(check func(*inquiry) *finding) moved {
	return func(_ rule, q *inquiry) bool {
		at := *q
		at.place = q.home
		return check(&at) == nil
	}
}

// stricter asks a rule that wants more there than at home, or does not hold at home at that time of the week.
func stricter(more func(home, there Policy) bool) moved {
	return func(r rule, q *inquiry) bool {
		home := *q
		home.place = q.home
		return (q.home.waives(r.code) && home.isOffPeak()) || more(q.home.policy, q.place.policy)
	}
}

func moreCompany(home, there Policy) bool { return there.MinPeople > home.MinPeople }

// moreSkill: stations of one kind may differ in whether they need its qualification, and in how soon it lapses.
func moreSkill(home, there Policy) bool {
	sooner := there.QualificationUnusedDays > 0 && (home.QualificationUnusedDays == 0 || there.QualificationUnusedDays < home.QualificationUnusedDays)
	return there.Qualification && (!home.Qualification || sooner)
}

func moreApproval(home, there Policy) bool {
	return there.Approval != home.Approval && (home.Approval == ApprovalNone || there.Approval == ApprovalAdmin)
}
