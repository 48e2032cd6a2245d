/**
 * A fault in bytes that somebody sent: never the caller's own mistake, which comes back as a value.
 *
 * `code` is one of this project's error codes, as text: this package imports nothing.
 */
export class WireError extends Error {
  override readonly name: string = "WireError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
