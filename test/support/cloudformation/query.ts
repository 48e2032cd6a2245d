const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** XML of a value: a list is `member`s, nothing is left out. */
export function xml(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map((one) => `<member>${xml(one)}</member>`).join("");
  if (typeof value === "object") {
    return Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => `<${name}>${xml(inner)}</${name}>`)
      .join("");
  }
  return escape(typeof value === "string" ? value : JSON.stringify(value));
}

const SPACE = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"';

/** An answer of CloudFormation's Query protocol. */
export const answer = (action: string, result: unknown): string =>
  `<${action}Response ${SPACE}><${action}Result>${xml(result)}</${action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></${action}Response>`;

/** An error of it. */
export const fault = (code: string, message: string): string =>
  `<ErrorResponse ${SPACE}><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`;

/** A refusal with its HTTP status, thrown by the server's actions. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A Query request's parameters: every one must be asked for, or the request is refused. */
export class Query {
  readonly action: string;
  private readonly values: URLSearchParams;
  private readonly read = new Set<string>(["Action", "Version"]);

  constructor(body: string) {
    this.values = new URLSearchParams(body);
    this.action = this.values.get("Action") ?? "";
    if (this.values.get("Version") !== "2010-05-15") throw new Refusal("InvalidAction", "version");
  }

  /** The text of a parameter; null where it is not there. */
  text(name: string): string | null {
    this.read.add(name);
    return this.values.get(name);
  }

  /** The text of a parameter that must be there and match. */
  must(name: string, pattern: RegExp): string {
    const value = this.text(name);
    if (value === null || !pattern.test(value)) {
      throw new Refusal(
        "ValidationError",
        `1 validation error detected: Value at '${name}' is "${value}"`,
      );
    }
    return value;
  }

  /** `Name.member.N.Key` and `.Value` as pairs; `Name.member.N` alone as [text, ""]. */
  members(name: string, key: string, value: string): [string, string][] {
    const found: [string, string][] = [];
    for (let index = 1; ; index += 1) {
      const one = this.text(`${name}.member.${index}${key === "" ? "" : `.${key}`}`);
      if (one === null) return found;
      found.push([one, value === "" ? "" : (this.text(`${name}.member.${index}.${value}`) ?? "")]);
    }
  }

  /** Refuses what nobody asked for. */
  finish(): void {
    const unknown = [...this.values.keys()].find((name) => !this.read.has(name));
    if (unknown !== undefined) throw new Refusal("ValidationError", `unknown parameter ${unknown}`);
  }
}
