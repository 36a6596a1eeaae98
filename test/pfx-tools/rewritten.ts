/** What a file must hold after it was written anew, told from what OpenSSL finds in the original. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { type OpenedBag, type OpenedFile, thumbprintOf } from "./open.ts";

/**
 * The one key, its own certificate first, then the others in the original's order, each once; of the attributes the names, and
 * on key and certificate the label that ties them together.
 */
export function rewritten(original: OpenedFile, thumbprint: string): OpenedFile {
  const own = original.certificates.find(({ der }) => thumbprintOf(der) === thumbprint);
  const key = original.keys.find(
    ({ der }) => own !== undefined && publicKeyOf(der) === publicKeyOfCertificate(own.der),
  );
  if (own === undefined || key === undefined) throw new Error(`no ${thumbprint} with its key in the original`);
  const others = original.certificates.filter(
    ({ der }, index, all) => der !== own.der && all.findIndex((other) => other.der === der) === index,
  );
  return { keys: [labelled(key)], certificates: [labelled(own), ...others.map(named)] };
}

function named({ der, friendlyName }: OpenedBag): OpenedBag {
  return { der, friendlyName, attributes: friendlyName === undefined ? [] : ["friendlyName"] };
}

function labelled(bag: OpenedBag): OpenedBag {
  const { attributes, ...rest } = named(bag);
  return { ...rest, attributes: [...attributes, "localKeyID"] };
}

function publicKeyOf(pkcs8: string): string {
  const key = createPrivateKey({ key: Buffer.from(pkcs8, "base64"), format: "der", type: "pkcs8" });
  return createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
}

function publicKeyOfCertificate(der: string): string {
  const { publicKey } = new X509Certificate(Buffer.from(der, "base64"));
  return publicKey.export({ type: "spki", format: "der" }).toString("base64");
}
