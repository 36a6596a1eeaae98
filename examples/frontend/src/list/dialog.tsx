/** A modal question. It ends with `onClose`, by Escape too; the focus goes back to where it came from. */
import { type ReactNode, type SyntheticEvent, useEffect, useId, useRef } from "react";

interface DialogProps {
  title: string;
  /** While it is busy, Escape does nothing. */
  isBusy: boolean;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ title, isBusy, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);

  function cancel(event: SyntheticEvent) {
    event.preventDefault();
    if (!isBusy) onClose();
  }

  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={cancel} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
