import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientIp, clientNetwork } from "./client-ip.ts";

const socket = "198.51.100.1";

describe("the client's address", () => {
  test.each<[forwardedFor: string | undefined, trustedProxies: number, ip: string]>([
    [undefined, 0, socket],
    ["203.0.113.7", 0, socket],
    [undefined, 1, socket],
    ["", 1, socket],
    ["203.0.113.7", 1, "203.0.113.7"],
    ["10.0.0.1, 203.0.113.7", 1, "203.0.113.7"],
    ["10.0.0.1,203.0.113.7,192.0.2.9", 2, "203.0.113.7"],
    ["203.0.113.7", 2, "203.0.113.7"],
    ["10.0.0.1, 203.0.113.7:4711", 1, "203.0.113.7"],
    ["[2001:db8::7]:443", 1, "2001:db8::7"],
    ["[2001:DB8:0:0::7]", 1, "2001:db8::7"],
    ["2001:db8::7", 1, "2001:db8::7"],
    ["::ffff:203.0.113.7", 1, "203.0.113.7"],
    ["10.0.0.1, unknown", 1, socket],
    ["10.0.0.1, ", 1, socket],
    ["10.0.0.1, 999.1.1.1", 1, socket],
    ["10.0.0.1, 203.0.113.7 evil", 1, socket],
    ["unknown, 203.0.113.7", 2, "203.0.113.7"],
  ])("with X-Forwarded-For %j and %i trusted proxies is %s", (forwardedFor, trustedProxies, ip) => {
    expect(clientIp(socket, forwardedFor, trustedProxies)).toBe(ip);
  });

  test("is IPv4 when the socket reports an IPv4-mapped IPv6 address", () => {
    expect(clientIp("::ffff:203.0.113.7", undefined, 0)).toBe("203.0.113.7");
  });

  test("is `unknown` when the socket is closed, so it matches no allow list", () => {
    expect(clientIp("", "10.0.0.1", 0)).toBe("unknown");
  });

  test("never depends on X-Forwarded-For entries that the client sent itself", () => {
    const entry = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
    fc.assert(
      fc.property(fc.array(entry), fc.array(fc.ipV4(), { minLength: 1, maxLength: 4 }), (forged, added) => {
        const sent = [...forged, ...added].join(", ");
        expect(clientIp(socket, sent, added.length)).toBe(added[0]);
      }),
    );
  });
});

describe("the network that counts as one client", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8::1", "20010db800000000/64"],
    ["2001:db8:0:0:ffff::2", "20010db800000000/64"],
    ["2001:db8:0:1::1", "20010db800000001/64"],
    ["::1", "0/64"],
    ["unknown", "unknown"],
  ])("is, for %s, %s", (ip, network) => expect(clientNetwork(ip)).toBe(network));
});
