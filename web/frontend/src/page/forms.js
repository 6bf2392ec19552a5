// Plain forms: wait for their fields, ask before what cannot be undone, go once, send on change, and forget kept input on
// sign-out.
import { forget, forgetAllOfThisPerson, forgetOld } from '../kept.js';
import { mountEvery, whenReady } from '../elements.js';

// The button of a task stands before the fields of its form do: pressed in between, it would send none of them.
const held = new WeakMap(); // the fields' place -> the button that waits for them
document.addEventListener(
  'submit',
  (event) => {
    const place = event.target.querySelector('[data-form]:not([data-ready])');
    if (!place) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const send = () => event.target.requestSubmit(held.get(place));
    if (!held.has(place)) place.addEventListener('dealflow:form-ready', send, { once: true });
    held.set(place, event.submitter);
  },
  true,
);

document.addEventListener(
  'submit',
  (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm ?? whetherTaken(event.target);
    if (question && !confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

/** The question before a name that something has already (`data-taken`, a line each); the server is told of the yes. */
function whetherTaken(form) {
  const field = form.querySelector('[data-taken]');
  const typed = field?.value.trim().replace(/\s+/g, ' ');
  const is = Boolean(typed) && field.dataset.taken.split('\n').includes(typed);
  if (field) form.elements.replace.value = is ? '1' : '';
  return is ? field.dataset.takenAsk : undefined;
}

// Pressed twice, it is sent once: until the answer has come. An answer that is a file leaves the page standing, so it is
// not for ever.
const AGAIN = 4000; // milliseconds
const AGAIN_WITH_FILE = 30000;
const gone = new WeakSet();
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post' || form.matches('[hx-post], [target="_blank"]')) return;
  if (gone.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  gone.add(form);
  const over = () => gone.delete(form);
  setTimeout(() => event.defaultPrevented && over()); // the page does it by itself
  setTimeout(over, [...form.elements].some((one) => one.files?.length) ? AGAIN_WITH_FILE : AGAIN);
  addEventListener('pageshow', over, { once: true });
});

document.addEventListener('submit', (event) => {
  if (!event.defaultPrevented && event.target.matches('[data-sign-out]')) forgetAllOfThisPerson();
});

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-autosubmit]')) event.target.form?.requestSubmit();
});

whenReady(forgetOld);
mountEvery('[data-forget-kept]', (place) => forget(place.dataset.forgetKept));
