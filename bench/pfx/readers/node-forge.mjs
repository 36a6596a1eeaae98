import forge from "node-forge";

const { pkcs8ShroudedKeyBag, keyBag, certBag } = forge.pki.oids;

/** Opens a file, with its MAC, and finds the certificate whose modulus is the key's. Nothing of it waits for anything. */
export const open = (file, password) => {
  const content = forge.asn1.fromDer(forge.util.createBuffer(file));
  const pfx = forge.pkcs12.pkcs12FromAsn1(content, password);
  const bagsOf = (bagType) => pfx.getBags({ bagType })[bagType] ?? [];
  const [{ key }] = [...bagsOf(pkcs8ShroudedKeyBag), ...bagsOf(keyBag)];
  const { cert } = bagsOf(certBag).find(({ cert }) => cert.publicKey.n.equals(key.n));
  const der = forge.asn1.toDer(forge.pki.certificateToAsn1(cert)).getBytes();
  return forge.md.sha1.create().update(der).digest().toHex();
};
