/** What is used of node-forge: its block ciphers, module by module. `@types/node-forge` would bring Node.js' types along. */
declare module "node-forge/lib/forge.js" {
  interface ByteBuffer {
    getBytes(): string;
  }
  interface Cipher {
    /** Takes as many whole blocks as there are. */
    update(input: ByteBuffer): void;
    readonly output: ByteBuffer;
  }
  interface BlockCipher extends Cipher {
    start(options: { iv: string }): void;
  }
  interface Rc2Cipher extends Cipher {
    start(iv: string): void;
  }
  interface Forge {
    readonly cipher: {
      createCipher(algorithm: "3DES-CBC" | "AES-CBC", key: string): BlockCipher;
      createDecipher(algorithm: "3DES-CBC" | "AES-CBC", key: string): BlockCipher;
    };
    readonly rc2: { createDecryptionCipher(key: string, effectiveBits: number): Rc2Cipher };
    readonly util: { createBuffer(bytes: string): ByteBuffer };
  }
  const forge: Forge;
  // biome-ignore lint/style/noDefaultExport: the module's only export
  export default forge;
}
declare module "node-forge/lib/aes.js";
declare module "node-forge/lib/des.js";
declare module "node-forge/lib/rc2.js";
