/** Inputs without an outcome, and after a run those that failed: they are sent again as they were. */
import type { Changes } from "./protocol.ts";
import { maxRequestCharacters, type Parcel } from "./send.ts";
import type { PfxWorker } from "./worker-client.ts";

export class Parcels {
  readonly #parcels = new Map<number, Parcel>();

  has(id: number): boolean {
    return this.#parcels.has(id);
  }

  delete(id: number): void {
    this.#parcels.delete(id);
  }

  clear(): void {
    this.#parcels.clear();
  }

  /** Forgets all others. */
  keep(ids: readonly number[]): void {
    const kept = new Set(ids);
    for (const id of this.#parcels.keys()) if (!kept.has(id)) this.#parcels.delete(id);
  }

  /** Corrects what is sent again. @returns user and purpose as they are now. */
  change(
    id: number,
    { user, purpose }: Changes,
  ): { user: string; purpose: Parcel["input"]["intendedPurpose"] } | undefined {
    const parcel = this.#parcels.get(id);
    if (parcel === undefined) return undefined;
    const userPrincipalName = user?.trim() ?? parcel.input.userPrincipalName;
    const intendedPurpose = purpose ?? parcel.input.intendedPurpose;
    this.#parcels.set(id, { id, input: { ...parcel.input, userPrincipalName, intendedPurpose } });
    return { user: userPrincipalName, purpose: intendedPurpose };
  }

  /**
   * The next parcels of these, in their order: as many as fit into a request. Either parcels that were made before, or new ones.
   *
   * @param worker makes new ones; `undefined` if it has ended.
   */
  async pack(ids: readonly number[], worker: PfxWorker | undefined): Promise<readonly Parcel[]> {
    const [first] = ids;
    const isKnown = first !== undefined && this.#parcels.has(first);
    const end = ids.findIndex((id) => this.#parcels.has(id) !== isKnown);
    const alike = end === -1 ? ids : ids.slice(0, end);
    if (isKnown || worker === undefined) return alike.flatMap((id) => this.#parcels.get(id) ?? []);
    const inputs = await worker.call("inputs", alike, maxRequestCharacters);
    const parcels = alike.flatMap((id, index): Parcel[] => {
      const input = inputs[index];
      return input === undefined ? [] : [{ id, input }];
    });
    for (const parcel of parcels) this.#parcels.set(parcel.id, parcel);
    return parcels;
  }
}
