import type { AnswerRecord, AnswerStorage, LogEvent } from "@qwq-fit/router";

const EVENTS = "events:";
/** Ten digits, so that keys sort as numbers do. */
const keyOf = (from: number): string => EVENTS + String(from).padStart(10, "0");
/** Most keys that one call deletes. */
const MOST_KEYS = 128;

/** An answer in its object's storage: the record, and pieces of the events under the place of their first. */
export function answerStorage(storage: DurableObjectStorage): AnswerStorage {
  const dropEvents = async (): Promise<void> => {
    for (;;) {
      const keys = [...(await storage.list({ prefix: EVENTS, limit: MOST_KEYS })).keys()];
      if (keys.length === 0) return;
      await storage.delete(keys);
    }
  };
  return {
    load: async () => {
      const record = await storage.get<AnswerRecord>("record");
      if (record === undefined) return null;
      const pieces = await storage.list<readonly LogEvent[]>({ prefix: EVENTS });
      return { record, events: [...pieces.values()].flat() };
    },
    append: (from, events) => storage.put(keyOf(from), events),
    save: (record) => storage.put("record", record),
    dropEvents,
    drop: () => storage.deleteAll(),
  };
}
