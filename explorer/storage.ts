/** GraphiQL's storage: theme and layout in the browser's, everything else (operations, variables, headers) in memory. */
const kept = /^graphiql:(?:theme|\w+Flex)$/;

export function createStorage(lasting: Storage) {
  const passing = new Map<string, string>();
  return {
    get length() {
      return passing.size;
    },
    getItem: (key: string) => (kept.test(key) ? lasting.getItem(key) : (passing.get(key) ?? null)),
    setItem(key: string, value: string) {
      if (kept.test(key)) lasting.setItem(key, value);
      else passing.set(key, value);
    },
    removeItem(key: string) {
      if (kept.test(key)) lasting.removeItem(key);
      else passing.delete(key);
    },
    clear: () => passing.clear(),
  };
}
