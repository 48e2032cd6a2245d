import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { isBuilt, runCommand } from "../support/run-command.ts";

/** Whether a shell is on this machine. */
const has = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

describe.skipIf(!isBuilt || !has("bash"))("completion in bash", () => {
  const complete = async (...words: string[]): Promise<string[]> => {
    const { out } = await runCommand(["completion", "bash"]);
    const list = words.map((word) => `'${word}'`).join(" ");
    const program = `${out}\nCOMP_WORDS=(qwq-fit ${list}); COMP_CWORD=${words.length}; _qwq_fit; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["--norc", "-c", program], { encoding: "utf8", cwd: "/" })
      .split("\n")
      .filter((line) => line !== "");
  };

  test.for([
    [["pl"], "plan"],
    [["--mod"], "--model"],
    [["estimate", "x.gguf", "--kv"], "--kv-cache-type"],
    [["estimate", "--kv-cache-type", "q8"], "q8_0"],
    [["check", "--optimize", "sp"], "speed"],
    [["--model", "QwQ-32B"], "QwQ-32B"],
    [["--hardware", "Mac mini M4 Pro 6"], "Mac\\ mini\\ M4\\ Pro\\ 64GB"],
  ] as const)("%o leads to %s", async ([words, expected]) => {
    expect(await complete(...words)).toContain(expected);
  });
});

describe.skipIf(!isBuilt)("completion for other shells", () => {
  test.for(["zsh", "fish"])("%s reads its script", async (shell, { skip }) => {
    const { out, code } = await runCommand(["completion", shell]);
    expect(code).toBe(0);
    expect(out).toContain("--kv-cache-type".slice(2));
    skip(!has(shell), `${shell} is not on this machine`);
    expect(spawnSync(shell, ["-n"], { input: out, encoding: "utf8" }).stderr).toBe("");
  });
});
