package pinentry

// terminalPath is the console, whatever standard input is.
const terminalPath = "CONIN$"
