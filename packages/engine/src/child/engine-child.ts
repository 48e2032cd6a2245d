import { startChild } from "./child-main.ts";

// The one file of this package that does something when it is loaded: it is the child process's program.
startChild(process);
