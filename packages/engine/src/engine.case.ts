import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConformanceException, ConformanceSubject } from "./testing/conformance.ts";
import { LIFE_CASES } from "./testing/conformance-life.ts";
import { TEXT_CASES } from "./testing/conformance-text.ts";

/** The one suite that every `Engine` passes; `exceptions` names what one is excused from, with the reason. */
export function engineConformance(
  name: string,
  open: () => Promise<ConformanceSubject>,
  exceptions: Partial<Record<ConformanceException, string>> = {},
): void {
  describe(`an engine: ${name}`, () => {
    let subject: ConformanceSubject | undefined;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(async () => {
      await subject?.dispose();
    });
    test.for([...TEXT_CASES, ...LIFE_CASES])("$title", async ({ except, run }, { skip }) => {
      const reason = except === null ? undefined : exceptions[except];
      if (reason !== undefined) skip(reason);
      expect.hasAssertions();
      if (subject !== undefined) await run(subject, open);
    });
  });
}
