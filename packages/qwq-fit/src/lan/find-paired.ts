import { browseLan, openMdns } from "@qwq-fit/engine";
import type { MdnsPort } from "@qwq-fit/engine";
import { provesKey } from "./call-lan.ts";
import type { PairedNode } from "./paired-file.ts";

/** How long the house is asked, ms. */
export const BROWSE_MS = 2000;

/** A server in the house answers within this, ms; else it is looked for elsewhere, while it may still answer. */
const SOON_MS = 500;

/**
 * Where a paired server is now: where it was last, or where its announced id is found. Whoever is there has proved the
 * key. Null where nobody has.
 */
export async function findPaired(
  paired: PairedNode,
  last: string,
  signal?: AbortSignal | null,
  open: () => Promise<MdnsPort | null> = openMdns,
): Promise<string | null> {
  const atLast = provesKey(last, paired, signal);
  if (await isTrueSoon(atLast)) return last;
  const elsewhere = (await announcedAt(paired.instance, open)).filter((origin) => origin !== last);
  const proved = await Promise.all(
    elsewhere.map(async (origin) => ((await provesKey(origin, paired, signal)) ? origin : null)),
  );
  return proved.find((origin) => origin !== null) ?? ((await atLast) ? last : null);
}

async function isTrueSoon(proof: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, SOON_MS, false);
  });
  try {
    return await Promise.race([proof, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Addresses that somebody says this instance has. */
async function announcedAt(
  instance: string,
  open: () => Promise<MdnsPort | null>,
): Promise<string[]> {
  const port = await open();
  if (port === null) return [];
  try {
    const found = await browseLan(port, {
      forMs: BROWSE_MS,
      until: (services) => services.some((one) => one.instance === instance),
    });
    return found
      .filter((one) => one.instance === instance)
      .flatMap((one) => one.addresses.slice(0, 8).map((ip) => `http://${ip}:${one.port}`));
  } finally {
    await port.close();
  }
}
