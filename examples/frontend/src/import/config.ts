/** What the page's configuration says of the connector. */
import { isRecord, pageConfig } from "../page-config.ts";
import type { Connector } from "./protocol.ts";

/** What `Export-IntunePublicKey` is usually told; the names of Microsoft's own examples. */
export const defaultNames = {
  keyName: "PFXEncryptionKey",
  providerName: "Microsoft Software Key Storage Provider",
};

/** `undefined` where the server names no key: then a person chooses a file. */
export async function connectorOfPage(): Promise<Connector | undefined> {
  const { connector } = await pageConfig();
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
