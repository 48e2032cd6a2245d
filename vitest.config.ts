import { join } from "node:path";
import { defineConfig } from "vitest/config";

const umbrella = join(import.meta.dirname, "packages", "qwq-fit", "src");

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          // The examples import the package as its users do.
          alias: [
            { find: /^qwq-fit$/u, replacement: join(umbrella, "index.ts") },
            { find: /^qwq-fit\/local$/u, replacement: join(umbrella, "local.ts") },
          ],
          include: ["packages/*/src/**/*.test.ts", "infra/*/src/**/*.test.ts", "test/**/*.test.ts"],
          // A fault ends a test by what it checks; the time is for machines that are ten times slower.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
    ],
  },
});
