/** The checks that need no sign-in: gateway, TLS, proxy, clock. */
import { notAGateway } from "../../gateway/gateway-client.ts";
import { proxyOf } from "../../gateway/proxy-of.ts";
import { duration } from "../../output/words.ts";
import { isLoopback } from "../../settings/settings.ts";
import type { Check } from "./check.ts";
import type { Probe } from "./probe-gateway.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Tokens and certificates are judged by this machine's clock; Microsoft Entra's own limit is five minutes as well. */
const maxSkewMs = 5 * 60_000;

export function gatewayCheck(url: URL, probe: Probe): Check {
  const name = "gateway";
  if (!probe.isReached) return { name, state: "failed", text: `${url.href}: ${probe.message}` };
  const { milliseconds, isGraphql, status } = probe;
  if (status >= 300 && status < 400) {
    return { name, state: "failed", text: `${url.href} answers with a redirect, which is not followed.` };
  }
  if (!isGraphql) {
    return { name, state: "failed", text: notAGateway(url, status), facts: { status } };
  }
  return { name, state: "ok", text: `${url.href}, ${milliseconds} ms`, facts: { gateway: url.href, milliseconds } };
}

export function tlsCheck(url: URL, probe: Probe, env: Environment): Check {
  const name = "TLS";
  if (url.protocol === "http:") return { name, state: "ok", text: "not used: the gateway is on this machine" };
  if (!probe.isReached) {
    return probe.isTls
      ? { name, state: "failed", text: probe.message }
      : { name, state: "unknown", text: "not tested: there is no connection" };
  }
  const extra = env.NODE_EXTRA_CA_CERTS ? " and NODE_EXTRA_CA_CERTS" : "";
  return { name, state: "ok", text: `trusted by Node.js ${process.versions.node}${extra}` };
}

export function proxyCheck(url: URL, env: Environment): Check {
  const name = "proxy";
  if (isLoopback(url)) return { name, state: "ok", text: "not used: the gateway is on this machine" };
  const proxy = proxyOf(url, env);
  if (proxy === undefined) return { name, state: "ok", text: "none" };
  if (proxy.isExcepted) return { name, state: "ok", text: `none for ${url.hostname} (NO_PROXY)` };
  return { name, state: "ok", text: `${proxy.address} (${proxy.variable})`, facts: { proxy: proxy.address } };
}

export function clockCheck(probe: Probe): Check {
  const name = "clock";
  if (!probe.isReached || probe.aheadMs === undefined) {
    return { name, state: "unknown", text: "not tested: the gateway did not say what time it is" };
  }
  const differenceMs = Math.abs(probe.aheadMs);
  const amount = differenceMs < 60_000 ? `${(differenceMs / 1000).toFixed(1)} s` : duration(differenceMs);
  const text = `${amount} ${probe.aheadMs < 0 ? "behind" : "ahead of"} the gateway`;
  const facts = { aheadMilliseconds: Math.round(probe.aheadMs) };
  if (differenceMs <= maxSkewMs) return { name, state: "ok", text, facts };
  return { name, state: "failed", text: `${text}. Tokens are refused where clocks differ: set this machine's.`, facts };
}
