/** The keys that the identity provider signs with and publishes, and their rotation. */
import { randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from "jose";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** As it is published, `use` and `kid` included. */
  readonly jwk: JWK;
}

/** Of providers that have stopped. The next providers use them under other ids: making one takes longer than most tests. */
const sparePairs: Pick<SigningKey, "privateKey" | "publicKey">[] = [];

export async function newSigningKey(kid: string = randomUUID()): Promise<SigningKey> {
  const { privateKey, publicKey } =
    sparePairs.pop() ?? (await generateKeyPair("RS256", { modulusLength: 2048, extractable: true }));
  return { kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), use: "sig", kid } };
}

export class SigningKeys implements Disposable {
  readonly #made: SigningKey[];
  /** The one that signs now. */
  current: SigningKey;
  /** What the JWKS holds: tests may add, drop and bend entries. */
  published: JWK[];

  constructor(first: SigningKey) {
    this.#made = [first];
    this.current = first;
    this.published = [first.jwk];
  }

  /** A new key signs from now on. @param old whether the former keys stay published. */
  async rotate(old: "kept" | "dropped" = "kept"): Promise<SigningKey> {
    this.current = await newSigningKey();
    this.#made.push(this.current);
    this.published = old === "kept" ? [...this.published, this.current.jwk] : [this.current.jwk];
    return this.current;
  }

  /** The provider signs nothing any more. */
  [Symbol.dispose](): void {
    sparePairs.push(...this.#made.splice(0));
  }
}
