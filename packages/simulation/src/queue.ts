/** A queue whose ends cost the same however long it is. */
export interface Queue<T> {
  readonly length: number;
  peek(): T | undefined;
  push(value: T): void;
  /** Before all others. */
  unshift(value: T): void;
  shift(): T | undefined;
  drain(): T[];
}

/** Slots at the front that are empty before the list is moved. */
const MOST_EMPTY = 1024;

/** An empty queue. */
export function createQueue<T>(): Queue<T> {
  let values: T[] = [];
  let head = 0;
  return {
    get length() {
      return values.length - head;
    },
    peek: () => values[head],
    push: (value) => void values.push(value),
    unshift: (value) => {
      if (head > 0) values[--head] = value;
      else values.unshift(value);
    },
    shift: () => {
      if (head >= values.length) return undefined;
      const value = values[head];
      head++;
      if (head >= MOST_EMPTY && head * 2 >= values.length) {
        values = values.slice(head);
        head = 0;
      }
      return value;
    },
    drain: () => {
      const left = values.slice(head);
      values = [];
      head = 0;
      return left;
    },
  };
}
