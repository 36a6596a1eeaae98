/** `Promise.allSettled` over work that is begun only when work before it is over, so that thousands of items don't all take memory. */

/**
 * Settles the work on every item, in the items' order.
 *
 * @param atOnce as much of it as may be under way at once; 1 or more.
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
