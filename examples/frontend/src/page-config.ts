/** The page's configuration, `GET /config.json`: what its server says of connector and sign-in. Nothing in it is secret. */

let asked: Promise<Readonly<Record<string, unknown>>> | undefined;

/** Read once. Empty where the server has none. */
export function pageConfig(): Promise<Readonly<Record<string, unknown>>> {
  asked ??= read();
  return asked;
}

async function read(): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch("/config.json", { headers: { accept: "application/json" } });
  // A server that answers every path with the page has no configuration.
  if (!response.ok || !response.headers.get("content-type")?.includes("json")) return {};
  const config: unknown = await response.json();
  return isRecord(config) ? config : {};
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
