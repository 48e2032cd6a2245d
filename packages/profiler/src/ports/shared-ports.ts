import type { ProbePorts } from "./probe-ports.ts";

/** Asks once for each key. */
function once<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (key) => {
    const answer = asked.get(key) ?? ask(key);
    asked.set(key, answer);
    return answer;
  };
}

/** The same ports for one profile: what several probes ask for is run, read or listed once. */
export function createSharedPorts(ports: ProbePorts): ProbePorts {
  const runs = new Map<string, ReturnType<ProbePorts["run"]>>();
  return {
    ...ports,
    find: once((program) => ports.find(program)),
    readFile: once((path) => ports.readFile(path)),
    listDir: once((path) => ports.listDir(path)),
    run: (program, args, limits) => {
      const key = JSON.stringify([program, ...args]);
      const result = runs.get(key) ?? ports.run(program, args, limits);
      runs.set(key, result);
      return result;
    },
  };
}
