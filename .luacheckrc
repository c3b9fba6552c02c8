-- What policies and configurations find in their sandbox.
std = "lua54"
max_line_length = 120
globals = {}
read_globals = {
	"on", "option", "accept", "reject", "defer", "drop", "discard", "park", "log", "sleep", "clock", "random", "dns",
	"server", "tls", "domain", "listen", "use", "policy", "retry", "route", "network", "limits", "resolver", "include", "secret",
}
