/** The page's configuration, `GET /config.json`: what its server knows of the connector. It has no secrets. */
import type { Connector } from "./protocol.ts";

/** What `Export-IntunePublicKey` is usually told; the names of Microsoft's own examples. */
export const defaultNames = {
  keyName: "PFXEncryptionKey",
  providerName: "Microsoft Software Key Storage Provider",
};

/** `undefined` where the server names no key: then a person chooses a file. */
export async function connectorOfPage(): Promise<Connector | undefined> {
  const response = await fetch("/config.json", { headers: { accept: "application/json" } });
  if (!response.ok) return undefined;
  const config: unknown = await response.json();
  const connector = isRecord(config) ? config.connector : undefined;
  if (!isRecord(connector) || typeof connector.publicKey !== "string") return undefined;
  return {
    publicKey: new TextEncoder().encode(connector.publicKey),
    keyName: textOf(connector.keyName) ?? defaultNames.keyName,
    providerName: textOf(connector.providerName) ?? defaultNames.providerName,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
