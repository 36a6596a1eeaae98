/** The form of filters. What is wrong with them is said at the field; the list stays. */
import { type ChangeEvent, type FormEvent, useRef, useState } from "react";
import { goTo, Link } from "../address.tsx";
import { Field, Options } from "../field.tsx";
import { isPurpose, purposes } from "../words.ts";
import { addressOf, expiryWords, type Filters, isDate, isSort, searchFor, sorts } from "./filters.ts";

interface Draft {
  /** Of the filters that the draft began with. */
  readonly address: string;
  readonly search: string;
  readonly purpose: string;
  readonly before: string;
  readonly sort: string;
  readonly problems: { readonly search?: string | undefined; readonly before?: string | undefined };
}

const draftOf = (filters: Filters): Draft => ({
  address: addressOf(filters),
  search: filters.user ?? filters.thumbprint ?? filters.part ?? "",
  purpose: filters.purpose ?? "",
  before: filters.before ?? "",
  sort: filters.sort ?? "",
  problems: {},
});

/** @param onApply is called for each search, also for the same one again. */
export function FilterForm({ filters, onApply }: { filters: Filters; onApply: () => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState(() => draftOf(filters));
  if (draft.address !== addressOf(filters)) setDraft(draftOf(filters)); // the address changed: back, a link, a search

  const control = (name: "search" | "purpose" | "before" | "sort") => ({
    name,
    value: draft[name],
    onChange: ({ target }: ChangeEvent<HTMLInputElement | HTMLSelectElement>) =>
      setDraft({ ...draft, [name]: target.value, problems: { ...draft.problems, [name]: undefined } }),
  });

  function apply(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const { purpose, before, sort } = draft;
    const isAsBefore = draft.search === filters.part;
    const search = isAsBefore ? { term: { part: draft.search }, problem: undefined } : searchFor(draft.search);
    const date = event.currentTarget.elements.namedItem("before");
    const isHalfDate = date instanceof HTMLInputElement && date.validity.badInput;
    const isWrongDate = isHalfDate || (before !== "" && !isDate(before));
    const problems = {
      search: search.problem,
      before: isWrongDate ? "Give a day, a month and a year of four digits." : undefined,
    };
    setDraft({ ...draft, problems });
    if (search.problem || isWrongDate) {
      const wrong = event.currentTarget.elements.namedItem(search.problem ? "search" : "before");
      if (wrong instanceof HTMLElement) wrong.focus();
      return;
    }
    onApply();
    goTo(
      addressOf({
        ...search.term,
        ...(isPurpose(purpose) && { purpose }),
        ...(before ? { before } : filters.expiry && { expiry: filters.expiry }),
        ...(isSort(sort) && { sort }),
      }),
    );
  }

  return (
    <search>
      <form ref={form} className="filters" onSubmit={apply} noValidate>
        <Field
          label="User or thumbprint"
          hint="Intune looks up a whole name or thumbprint. For a part of one, this page reads and searches all certificates."
          problem={draft.problems.search}
        >
          {(described) => (
            <input
              {...described}
              {...control("search")}
              type="search"
              maxLength={1024}
              autoComplete="off"
              spellCheck={false}
              dir="auto"
            />
          )}
        </Field>
        <Field label="Purpose">
          {(described) => (
            <select {...described} {...control("purpose")}>
              <option value="">Any</option>
              <Options of={purposes} />
            </select>
          )}
        </Field>
        <Field label="Expires before" problem={draft.problems.before}>
          {(described) => <input {...described} {...control("before")} type="date" max="9999-12-31" />}
        </Field>
        <Field label="Order">
          {(described) => (
            <select {...described} {...control("sort")}>
              <Options of={sorts} />
            </select>
          )}
        </Field>
        <div className="buttons">
          <button type="submit" className="primary">
            Search
          </button>
          <Link to="" className="button" onClick={() => setDraft({ ...draftOf({}), address: draft.address })}>
            Clear
          </Link>
        </div>
        {filters.expiry && (
          <p className="hint">
            This searches among those chosen above: {expiryWords[filters.expiry].toLowerCase()}. A date takes its place.
          </p>
        )}
      </form>
    </search>
  );
}
