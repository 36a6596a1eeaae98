/** Lets one side work ahead of the other: files are opened while a request is under way. */

/**
 * The values of `source`, of which up to `limit` are made before they are asked for. An error of the source comes when the values
 * before it have been taken.
 */
export async function* ahead<T>(source: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  const ready: T[] = [];
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let wakeConsumer = () => {};
  let wakeProducer = () => {};
  let isCancelled = false;
  const producing = (async () => {
    try {
      for await (const value of source) {
        ready.push(value);
        wakeConsumer();
        while (ready.length >= limit && !isCancelled) await new Promise<void>((resolve) => (wakeProducer = resolve));
        if (isCancelled) return;
      }
    } catch (error) {
      failure = { error };
    } finally {
      isEnded = true;
      wakeConsumer();
    }
  })();
  try {
    for (;;) {
      const [next] = ready.splice(0, 1);
      if (next !== undefined) {
        wakeProducer();
        yield next;
      } else if (failure !== undefined) throw failure.error;
      else if (isEnded) return;
      else await new Promise<void>((resolve) => (wakeConsumer = resolve));
    }
  } finally {
    isCancelled = true;
    wakeProducer();
    await producing;
  }
}
