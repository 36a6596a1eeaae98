/** What is measured. `load` is done in the reader's own process. */
const client = (pick) => async () => pick(await import("./readers/client.mjs"));

export const readers = {
  open: { title: "this library, open", load: async () => (await import("./readers/open.mjs")).open },
  compatible: { title: "this library, compatible", load: client(({ prepare }) => prepare("compatible")) },
  modern: { title: "this library, modern", load: client(({ prepare }) => prepare("modern")) },
  keep: { title: "this library, keep", load: client(({ prepare }) => prepare("keep")) },
  forge: { title: "node-forge, open", load: async () => (await import("./readers/node-forge.mjs")).open },
  pkijs: { title: "PKI.js, open", load: async () => (await import("./readers/pkijs.mjs")).open },
};

/** Files of `test/client/vectors/pfx`. */
export const files = {
  "o30-default.pfx": "OpenSSL 3, AES-256",
  "w-win-3des.pfx": "Windows, 3DES",
  "kt-default.pfx": "keytool 17, 10,000 rounds",
  "ct38-default.pfx": "GnuTLS 3.8, 600,000 rounds",
  "nss3110-default.pfx": "Firefox (NSS 3.110), 600,000 rounds",
};
