/** Which connections go through the proxy. Straight at the class: no test can reach another machine. */
import { describe, expect, it } from "vitest";
import { OutboundProxies } from "../../src/network/outbound-proxy.ts";

const proxy = "http://proxy.example:3128";

function addressFor(url: string, { https = proxy, http = proxy, noProxy = "" } = {}): string | undefined {
  const proxies = new OutboundProxies({ https: new URL(https), http: new URL(http), noProxy });
  return proxies.proxyForUrl(new URL(url))?.address;
}

describe("a connection", () => {
  it.each([
    "https://graph.microsoft.com",
    "https://login.microsoftonline.com",
    "http://10.1.2.3:4318",
    "https://[2001:db8::1]",
  ])("to %s goes through the proxy", (url) => {
    expect(addressFor(url)).toBe(proxy);
  });

  it.each([
    "http://127.0.0.1:4010",
    "http://127.9.9.9",
    "http://localhost:4318",
    "https://api.localhost",
    "http://[::1]:1",
    "http://169.254.169.254",
    "http://169.254.130.2:8081",
    "http://[fe80::1]",
  ])("to %s, which only this machine reaches, never does", (url) => {
    expect(addressFor(url)).toBeUndefined();
  });

  it("uses the proxy of its protocol, and that for http: where https: has none", () => {
    const both = { https: "https://tls.example:8443", http: "http://plain.example" };
    expect(addressFor("https://graph.microsoft.com", both)).toBe("https://tls.example:8443");
    expect(addressFor("http://collector.example:4318", both)).toBe("http://plain.example");

    const target = { protocol: "https:", hostname: "graph.microsoft.com", port: 443 };
    expect(new OutboundProxies({ http: new URL(proxy) }).proxyFor(target)?.address).toBe(proxy);
    const plain = { protocol: "http:", hostname: "collector.example", port: 80 };
    expect(new OutboundProxies({ https: new URL(proxy) }).proxyFor(plain)).toBeUndefined();
  });
});

describe("NO_PROXY", () => {
  it.each([
    ["*", "https://graph.microsoft.com"],
    ["graph.microsoft.com", "https://graph.microsoft.com"],
    ["GRAPH.Microsoft.COM.", "https://graph.microsoft.com"],
    ["microsoft.com", "https://graph.microsoft.com"],
    [".microsoft.com", "https://graph.microsoft.com"],
    ["*.microsoft.com", "https://graph.microsoft.com"],
    ["a.example, microsoft.com b.example", "https://graph.microsoft.com"],
    ["graph.microsoft.com:443", "https://graph.microsoft.com"],
    ["10.0.0.0/8", "http://10.200.3.4"],
    ["10.1.2.3", "http://10.1.2.3:4318"],
    ["10.1.2.3:4318", "http://10.1.2.3:4318"],
    ["2001:db8::/32", "https://[2001:db8::5]"],
    ["[2001:db8::5]:443", "https://[2001:db8::5]"],
  ])("%s takes the proxy from %s", (noProxy, url) => {
    expect(addressFor(url, { noProxy })).toBeUndefined();
  });

  it.each([
    ["", "https://graph.microsoft.com"],
    [" , ", "https://graph.microsoft.com"],
    ["soft.com", "https://graph.microsoft.com"],
    ["graph.microsoft.com:8443", "https://graph.microsoft.com"],
    ["graph.microsoft.com.evil.example", "https://graph.microsoft.com"],
    ["10.0.0.0/8", "http://11.0.0.1"],
    ["10.0.0.0/99", "http://10.0.0.1"],
    ["10.1.2.3:80", "http://10.1.2.3:4318"],
    ["2001:db8::/32", "https://[2001:db9::5]"],
    [".", "https://graph.microsoft.com"],
  ])("%j leaves it for %s", (noProxy, url) => {
    expect(addressFor(url, { noProxy })).toBe(proxy);
  });
});

describe("a proxy with a user and a password", () => {
  it("has them decoded in its header, and not in its address", () => {
    const proxies = new OutboundProxies({ https: new URL("http://kim:p%40ss%3A1@proxy.example:3128") });
    const found = proxies.proxyFor({ protocol: "https:", hostname: "graph.microsoft.com", port: 443 });

    expect(found?.address).toBe(proxy);
    expect(Buffer.from(found?.authorization?.slice(6) ?? "", "base64").toString()).toBe("kim:p@ss:1");
  });
});
