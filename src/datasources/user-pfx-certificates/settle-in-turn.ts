/** `Promise.allSettled` with bounded concurrency, so that thousands of items do not all take memory at once. */

/**
 * Outcomes in the order of the items.
 *
 * @param atOnce maximum number of items in progress; 1 or more.
 */
export async function settleInTurn<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const settled: PromiseSettledResult<Result>[] = [];
  const turns = items.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [index, item] of turns) {
      settled[index] = await work(item, index).then(
        (value): PromiseFulfilledResult<Result> => ({ status: "fulfilled", value }),
        (reason): PromiseRejectedResult => ({ status: "rejected", reason }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, takeTurns));
  return settled;
}
