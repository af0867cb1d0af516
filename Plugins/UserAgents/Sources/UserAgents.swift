// UserAgents
