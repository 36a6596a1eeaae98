/**
 * Makes the files of this folder anew: four .pfx files of two users, the list `users.csv`, and the key pair of a certificate
 * connector. Keys, thumbprints and passwords' ciphertexts differ each time; everything else is the same.
 *
 *     node examples/import-pfx/make.mjs
 */
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import forge from "node-forge";

const { asn1, pki, pkcs12 } = forge;

/** `listed`: the password that the list has, where it is wrong on purpose. */
const samples = [
  { file: "adele-encryption.pfx", user: "AdeleV", name: "Adele Vance", use: "encryption", password: "Tulip-47-Harbor" },
  { file: "adele-signing.pfx", user: "AdeleV", name: "Adele Vance", use: "signing", password: "Tulip-47-Harbor" },
  { file: "alex-encryption.pfx", user: "AlexW", name: "Alex Wilber", use: "encryption", password: 'ink, "blue" & 9' },
  {
    file: "alex-signing.pfx",
    user: "AlexW",
    name: "Alex Wilber",
    use: "signing",
    password: "Cedar-18-Window",
    listed: "Cedar-81-Window",
  },
];
/** The emulator is seeded with people of this domain. */
const domain = "contoso.onmicrosoft.com";
const notBefore = new Date("2026-01-01T00:00:00Z");
const notAfter = new Date("2046-01-01T00:00:00Z");

const keyUsages = {
  encryption: { keyEncipherment: true },
  signing: { digitalSignature: true, nonRepudiation: true },
};
const userPrincipalNameId = "1.3.6.1.4.1.311.20.2.3";

const write = (file, content, mode = 0o644) => writeFileSync(new URL(file, import.meta.url), content, { mode });

const newKeyPair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const forgePrivateKey = (key) => pki.privateKeyFromPem(key.export({ type: "pkcs8", format: "pem" }));
const forgePublicKey = (key) => pki.publicKeyFromPem(key.export({ type: "spki", format: "pem" }));

function issue({ subject, extensions, publicKey, issuer, issuerKey }) {
  const certificate = pki.createCertificate();
  certificate.publicKey = forgePublicKey(publicKey);
  // 16 octets; the first one keeps the number positive.
  certificate.serialNumber = `4b${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = notBefore;
  certificate.validity.notAfter = notAfter;
  certificate.setSubject(subject);
  certificate.setIssuer(issuer ?? subject);
  certificate.setExtensions([...extensions, { name: "subjectKeyIdentifier" }]);
  certificate.sign(forgePrivateKey(issuerKey), forge.md.sha256.create());
  return certificate;
}

const named = (commonName) => [
  { name: "organizationName", value: "Contoso" },
  { name: "commonName", value: commonName, valueTagClass: asn1.Type.UTF8 },
];

/** The user principal name as an otherName, which node-forge does not write by itself, and the address. */
function subjectAlternativeName(user) {
  const context = asn1.Class.CONTEXT_SPECIFIC;
  const oid = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(userPrincipalNameId).getBytes());
  const name = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.UTF8, false, forge.util.encodeUtf8(user));
  return {
    id: "2.5.29.17",
    value: asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
      asn1.create(context, 0, true, [oid, asn1.create(context, 0, true, [name])]),
      asn1.create(context, 1, false, user),
    ]),
  };
}

/** PKCS #12 as Windows writes it by default: 3DES and SHA-1, the authority's certificate included. */
function writePfx({ file, user, name, use, password }, authority) {
  const keys = newKeyPair();
  const certificate = issue({
    subject: named(name),
    issuer: authority.subject,
    issuerKey: authority.keys.privateKey,
    publicKey: keys.publicKey,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", critical: true, ...keyUsages[use] },
      { name: "extKeyUsage", emailProtection: true },
      subjectAlternativeName(`${user}@${domain}`),
    ],
  });
  const pfx = pkcs12.toPkcs12Asn1(forgePrivateKey(keys.privateKey), [certificate, authority.certificate], password, {
    algorithm: "3des",
    count: 2000,
    friendlyName: `${name} (${use})`,
  });
  write(file, Buffer.from(asn1.toDer(pfx).getBytes(), "binary"));
}

function makeAuthority() {
  const keys = newKeyPair();
  const subject = named("Contoso User CA (sample)");
  const certificate = issue({
    subject,
    issuerKey: keys.privateKey,
    publicKey: keys.publicKey,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true },
    ],
  });
  return { keys, subject, certificate };
}

/** CNG's RSAPUBLICBLOB, which `Export-IntunePublicKey` writes: six little-endian numbers, exponent, modulus. */
function publicKeyBlob(publicKey) {
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const [modulus, exponent] = [Buffer.from(n, "base64url"), Buffer.from(e, "base64url")];
  const header = Buffer.alloc(24);
  header.write("RSA1", "latin1");
  header.writeUInt32LE(modulus.length * 8, 4);
  header.writeUInt32LE(exponent.length, 8);
  header.writeUInt32LE(modulus.length, 12);
  return Buffer.concat([header, exponent, modulus]);
}

function makeConnector() {
  const { publicKey, privateKey } = newKeyPair();
  write("connector.key", privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
  write("connector.pub", publicKeyBlob(publicKey));
  const fingerprint = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
  console.log(`connector.pub, SHA-256 ${fingerprint}`);
}

function writeList() {
  const cell = (text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = samples.map(({ file, user, password, listed = password }) => [file, `${user}@${domain}`, listed]);
  write("users.csv", [["path", "user", "password"], ...rows].map((row) => `${row.map(cell).join(",")}\n`).join(""));
}

const authority = makeAuthority();
for (const sample of samples) writePfx(sample, authority);
writeList();
makeConnector();
