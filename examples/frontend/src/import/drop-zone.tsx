/** Where files are dropped or chosen. Until they are on the page's own ground, the browser would open them in its place. */
import { type DragEvent, useEffect, useId, useState } from "react";
import { chosenFiles, droppedFiles } from "./dropped-files.ts";
import type { ChosenFile } from "./protocol.ts";

export function DropZone({ isFixed, onFiles }: { isFixed: boolean; onFiles(files: readonly ChosenFile[]): void }) {
  const id = useId();
  const [isOver, setIsOver] = useState(false);

  useEffect(() => {
    const refuse = (event: Event) => event.preventDefault();
    for (const type of ["dragover", "drop"]) window.addEventListener(type, refuse);
    return () => {
      for (const type of ["dragover", "drop"]) window.removeEventListener(type, refuse);
    };
  }, []);

  function drop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    if (!isFixed) void droppedFiles(event.dataTransfer).then(onFiles);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the field inside does the same by keyboard.
    <div
      className={isOver ? "import-drop import-over" : "import-drop"}
      onDragOver={() => setIsOver(true)}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <p>Drop .pfx files or a folder of them here</p>
      <label className="import-choose">
        <input
          className="hidden"
          type="file"
          multiple
          accept=".pfx,.p12,.csv,.tsv,.json,.txt,application/x-pkcs12"
          aria-describedby={`${id}-hint`}
          disabled={isFixed}
          onChange={({ target }) => {
            onFiles(chosenFiles(target.files));
            target.value = ""; // the same files can be chosen again
          }}
        />
        Choose files
      </label>
      <small id={`${id}-hint`} className="hint">
        With them a CSV list, if you have one, with the columns path, user, password, purpose; or the JSON of intune-pfx
        encrypt.
      </small>
    </div>
  );
}
