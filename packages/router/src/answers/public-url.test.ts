import { describe, expect, test } from "vitest";
import { isPublicAddress, publicUrlProblem } from "./public-url.ts";

describe("an address that a stranger gave", () => {
  test.for([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "fc00::1",
    "fe80::1%eth0",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "1.2.3",
    "1.2.3.256",
    "2606:4700::1::2",
    "name",
    "",
  ])("%s is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.for(["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"])(
    "%s is public",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.for([
    ["https://hooks.example.com/a?b=c", null],
    ["https://hooks.example.com:8443/", null],
    ["https://8.8.8.8/", null],
    ["https://[2606:4700::1111]/", null],
    ["http://hooks.example.com/", "must start with https://"],
    ["https://017700000001/", "must be a public address"],
    ["https://metadata.google.internal/", "must be a public host"],
    ["https://localhost./", "must be a public host"],
    ["https://router/", "must be a public host"],
    ["https://a@hooks.example.com/", "must not hold a user or a password"],
    ["javascript:alert(1)", "must start with https://"],
    ["//hooks.example.com", "must be a URL"],
  ] as const)("%s: %s", ([url, problem]) => {
    expect(publicUrlProblem(url, [])).toBe(problem);
  });

  test("may be private where its host is trusted, and nothing beside it", () => {
    expect(publicUrlProblem("http://10.0.0.1:8080/", ["10.0.0.1:8080"])).toBeNull();
    expect(publicUrlProblem("http://10.0.0.1:8081/", ["10.0.0.1:8080"])).not.toBeNull();
    expect(publicUrlProblem("file://10.0.0.1/", ["10.0.0.1"])).not.toBeNull();
  });
});
