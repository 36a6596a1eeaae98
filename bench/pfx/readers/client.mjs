/** The library as it is built, with every protection. */
import { readFileSync } from "node:fs";
import { prepareUserPfxCertificate, readPublicKey } from "../../../packages/client/dist/client.js";

const keyFile = new URL("../../../test/client/vectors/keys/connector.rsapublicblob", import.meta.url);
const publicKey = await readPublicKey(readFileSync(keyFile));

export const prepare = (protection) => async (file, password) => {
  const options = { publicKey, keyName: "K", protection };
  return (await prepareUserPfxCertificate(file, password, options)).input.thumbprint;
};
