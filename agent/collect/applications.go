package collect

// commBytes is how much of a process name Linux keeps.
const commBytes = 15

// applications maps process names to categories.
type applications struct {
	byProcess map[string]int // index of the list
	list      []Application
	forbidden bool
}

func newApplications(list []Application) *applications {
	a := &applications{byProcess: make(map[string]int), list: list}
	for i, app := range list {
		for _, process := range app.Processes {
			name := process[:min(len(process), commBytes)]
			if _, taken := a.byProcess[name]; !taken {
				a.byProcess[name] = i
			}
		}
	}
	return a
}

// found collects what one scan of the processes meets.
type found struct {
	first      int // index of the list, len(list) for none
	unattended bool
}

func (a *applications) nothing() found { return found{first: len(a.list)} }

// meet takes the name of one running process. It does not allocate.
func (a *applications) meet(f *found, comm []byte) {
	i, ok := a.byProcess[string(comm)]
	if !ok {
		return
	}
	f.first = min(f.first, i)
	f.unattended = f.unattended || a.list[i].Unattended
}

// category is the first of the list that was met, or "".
func (a *applications) category(f found) string {
	if f.first >= len(a.list) {
		return ""
	}
	return a.list[f.first].Category
}
