/** A password on its way to the worker: it is in no state, and its field is emptied as soon as it is sent. */
import { type FormEvent, useId } from "react";

export function PasswordForm({
  label,
  button,
  isLabelHidden = false,
  onPassword,
}: {
  label: string;
  button: string;
  isLabelHidden?: boolean;
  onPassword(password: string): void;
}) {
  const id = useId();
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem("password");
    if (!(field instanceof HTMLInputElement)) return;
    const { value } = field;
    field.value = "";
    onPassword(value);
  }
  return (
    <form className="import-password" onSubmit={submit} autoComplete="off">
      <label htmlFor={id} className={isLabelHidden ? "hidden" : undefined}>
        {label}
      </label>
      <input id={id} name="password" type="password" autoComplete="off" spellCheck={false} />
      <button type="submit">
        {button}
        {isLabelHidden && <span className="hidden"> {label}</span>}
      </button>
    </form>
  );
}
