package main

// ttyPath is the console, whatever standard input is.
const ttyPath = "CONIN$"
