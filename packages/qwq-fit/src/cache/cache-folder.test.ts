import { expect, test } from "vitest";
import { cacheFolder } from "./cache-folder.ts";

test.for([
  ["linux", { HOME: "/u" }, "/u/.cache/qwq-fit"],
  ["linux", { HOME: "/u", XDG_CACHE_HOME: "/c" }, "/c/qwq-fit"],
  ["linux", { HOME: "/u", XDG_CACHE_HOME: "" }, "/u/.cache/qwq-fit"],
  ["darwin", { HOME: "/u", XDG_CACHE_HOME: "/c" }, "/u/Library/Caches/qwq-fit"],
] as const)("the cache on %s with %o is %s", ([platform, environment, expected]) => {
  expect(cacheFolder(environment, platform).replaceAll("\\", "/")).toBe(expected);
});
