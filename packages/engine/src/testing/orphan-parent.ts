import { startChildScripted } from "./child-scripted.ts";

// A program for tests: starts an engine, says its child's process id, and waits to be killed.
const { engine } = await startChildScripted();
process.stdout.write(`${engine.pid ?? ""}\n`);
setInterval(() => {}, 60_000);
