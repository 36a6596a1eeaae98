/**
 * Keeps objects that hold secrets out of what is printed by accident: by console.log, in an error's cause, in a failing
 * assertion. A seat belt: the log takes fixed records, and no such object is meant to be printed at all.
 */
import { inspect } from "node:util";

const placeholder = "(holds secrets)";

/** One for all objects: a new function for each would give each a hidden class of its own. */
const hidden = { value: () => placeholder };

/** The same object, which prints as a placeholder. JSON is left alone: that is how it is sent. */
export function hideSecrets<Value extends object>(value: Value): Value {
  return Object.defineProperty(value, inspect.custom, hidden);
}

/** For input classes: their instances print as a placeholder, and are JSON of it, too. What is sent is a copy of them. */
export function HidesSecrets(): ClassDecorator {
  return ({ prototype }) => {
    hideSecrets(prototype);
    Object.defineProperty(prototype, "toJSON", { value: () => placeholder });
  };
}
