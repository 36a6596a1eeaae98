import { inspectPfx } from "../../../packages/client/dist/client.js";

/** Opens a file with the library and finds the certificate of the key. */
export const open = async (file, password) => {
  const { certificates } = await inspectPfx(file, password);
  return certificates.find(({ hasPrivateKey }) => hasPrivateKey).thumbprint;
};
