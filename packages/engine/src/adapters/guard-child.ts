import { runGuard } from "./guard-main.ts";

// The one other file of this package that does something when it is loaded: the guard process's program.
runGuard(process);
