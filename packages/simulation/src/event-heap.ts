/** Times with values, the earliest first; among equal times the one that was put in first. */
export interface EventHeap<T> {
  put(atMs: number, value: T): void;
  /** Time of the earliest; Infinity where there is none. */
  readonly nextMs: number;
  take(): T | undefined;
}

interface Entry<T> {
  readonly atMs: number;
  readonly order: number;
  readonly value: T;
}

const before = <T>(a: Entry<T>, b: Entry<T>): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** An empty binary heap. */
export function createEventHeap<T>(): EventHeap<T> {
  const heap: Entry<T>[] = [];
  let order = 0;

  const up = (entry: Entry<T>, from: number): void => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  };
  const down = (entry: Entry<T>): void => {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      let child = heap[left];
      let place = left;
      const right = heap[left + 1];
      if (right !== undefined && child !== undefined && before(right, child)) {
        child = right;
        place = left + 1;
      }
      if (child === undefined || !before(child, entry)) break;
      heap[at] = child;
      at = place;
    }
    heap[at] = entry;
  };

  return {
    put: (atMs, value) => up({ atMs, order: order++, value }, heap.length),
    get nextMs() {
      return heap[0]?.atMs ?? Infinity;
    },
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) down(last);
      return first.value;
    },
  };
}
