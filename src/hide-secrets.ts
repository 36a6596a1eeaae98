/**
 * Keeps secrets from being printed by accident: by console.log, in an error's cause, in a failing assertion. This is an
 * additional safeguard: the log uses fixed records, and no such object should be printed at all.
 */
import { inspect } from "node:util";

const placeholder = "(holds secrets)";

/** One function for all objects: a new one for each would give each object a hidden class of its own. */
const hidden = { value: () => placeholder };

/** Makes an object print as a placeholder and returns it. JSON is unchanged, because the object is sent as JSON. */
export function hideSecrets<Value extends object>(value: Value): Value {
  return Object.defineProperty(value, inspect.custom, hidden);
}

/** For input classes: instances print as a placeholder and are a placeholder in JSON too. Graph gets a copy. */
export function HidesSecrets(): ClassDecorator {
  return ({ prototype }) => {
    hideSecrets(prototype);
    Object.defineProperty(prototype, "toJSON", { value: () => placeholder });
  };
}
