// What is typed into an editor's fields is taken over when nobody has typed for a moment, as one step that can be
// undone; and at once when a field is left, another element is chosen, or the file is saved.
const PAUSE = 600; // as the editors have it
const waiting = new Set();

/** Take over what was typed up to now, everywhere. */
export function takeOver() {
  for (const flush of [...waiting]) flush();
}

/** A module for an editor: in place of its own service of this name, which forgets what it waits for. */
export const typingModule = (service) => ({ [service]: ['value', patient] });

function patient(run) {
  let last, timer;
  const cancel = () => {
    clearTimeout(timer);
    waiting.delete(flush);
  };
  const flush = () => {
    if (!waiting.has(flush)) return;
    cancel();
    run.apply(...last);
  };
  function call(...given) {
    cancel();
    last = [this, given];
    timer = setTimeout(flush, PAUSE);
    waiting.add(flush);
  }
  return Object.assign(call, { flush, cancel });
}
