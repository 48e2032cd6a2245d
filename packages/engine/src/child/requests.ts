import { QwqError } from "@qwq-fit/schema";
import type { GenerateEvent } from "../generate-events.ts";
import { EventQueue } from "./event-queue.ts";
import type { ChildCall, ChildError, ChildRequest, FromChild, ToChild } from "./protocol.ts";

interface Call {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A stream that is open to the child. */
export interface OpenRequest {
  readonly queue: EventQueue<GenerateEvent>;
  readonly send: (request: ChildRequest) => void;
  /** No more is wanted; where it runs, the child is told to stop. */
  readonly finish: () => void;
}

/** What the child is working on, by number, and where its answers go. */
export class Requests {
  readonly #send: (message: ToChild) => void;
  readonly #streams = new Map<number, EventQueue<GenerateEvent>>();
  readonly #calls = new Map<number, Call>();
  #next = 1;

  constructor(send: (message: ToChild) => void) {
    this.#send = send;
  }

  open(): OpenRequest {
    const id = this.#next++;
    const queue = new EventQueue<GenerateEvent>();
    this.#streams.set(id, queue);
    return {
      queue,
      send: (request) => this.#send({ type: "generate", id, request }),
      finish: () => {
        if (this.#streams.delete(id)) this.#send({ type: "abort", id });
      },
    };
  }

  /** Asks the child for something; the answer has the type that the child's side gives it. */
  call<T>(call: ChildCall, signal?: AbortSignal): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => {
        this.#calls.delete(id);
        reject(new QwqError("aborted", "The request was aborted."));
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#calls.set(id, {
        resolve: (value) => {
          signal?.removeEventListener("abort", abort);
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion
          resolve(value as T);
        },
        reject: (error) => {
          signal?.removeEventListener("abort", abort);
          reject(error);
        },
      });
      this.#send({ type: "call", id, call });
    });
  }

  receive(message: FromChild): void {
    switch (message.type) {
      case "events":
        for (const [id, event] of message.events) {
          this.#streams.get(id)?.push(event);
          if (event.type === "end") this.#streams.delete(id);
        }
        for (const [id, error] of message.errors) this.#fail(id, error);
        break;
      case "error":
        this.#fail(message.id, message.error);
        break;
      case "result":
        this.#calls.get(message.id)?.resolve(message.value);
        this.#calls.delete(message.id);
        break;
      default:
        break;
    }
  }

  failAll(error: QwqError): void {
    for (const queue of this.#streams.values()) queue.fail(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#streams.clear();
    this.#calls.clear();
  }

  #fail(id: number, told: ChildError): void {
    const { code, message, hint, details } = told;
    const error = new QwqError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    });
    this.#streams.get(id)?.fail(error);
    this.#streams.delete(id);
    this.#calls.get(id)?.reject(error);
    this.#calls.delete(id);
  }
}
