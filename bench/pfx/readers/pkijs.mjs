import * as pkijs from "pkijs";

const bagTypes = { key: "1.2.840.113549.1.12.10.1.2", certificate: "1.2.840.113549.1.12.10.1.3" };

/** Opens a file, with its MAC, and finds the certificate whose public key is the key's. */
export const open = async (file, passwordText) => {
  const password = new TextEncoder().encode(passwordText).buffer;
  const pfx = pkijs.PFX.fromBER(new Uint8Array(file));
  await pfx.parseInternalValues({ password, checkIntegrity: true });
  const { authenticatedSafe } = pfx.parsedValue;
  const safeContents = authenticatedSafe.safeContents.map(() => ({ password }));
  await authenticatedSafe.parseInternalValues({ safeContents });
  const bags = authenticatedSafe.parsedValue.safeContents.flatMap(({ value }) => value.safeBags);
  const keyBag = bags.find(({ bagId }) => bagId === bagTypes.key).bagValue;
  await keyBag.parseInternalValues({ password });
  const modulus = modulusOf(pkijs.RSAPrivateKey.fromBER(keyBag.parsedValue.privateKey.valueBlock.valueHexView));
  const certificate = bags
    .filter(({ bagId }) => bagId === bagTypes.certificate)
    .map(({ bagValue }) => bagValue.parsedValue)
    .find(({ subjectPublicKeyInfo }) => modulus === modulusOf(subjectPublicKeyInfo.parsedKey));
  return hex(await crypto.subtle.digest("SHA-1", certificate.toSchema(true).toBER()));
};

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
const modulusOf = (key) => hex(key.modulus.valueBlock.valueHexView).replace(/^00/, "");
