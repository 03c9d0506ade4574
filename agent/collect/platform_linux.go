package collect

// platform lists what is looked at on Linux.
func platform(o Options, apps *applications) []source {
	return []source{
		{name: "logind", collect: &logind{}},
		{name: "x11", collect: newX11(o.Display)},
		{name: "terminal", collect: newTerminals("/dev", "/sys/class/tty/tty0/active")},
		{name: "load", collect: newLoad("/proc")},
		{name: "process", collect: newProcesses("/proc", apps)},
	}
}
