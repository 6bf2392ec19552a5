// Plain forms: wait for their fields, ask before what cannot be undone, send on change, and forget kept input on sign-out.
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
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

document.addEventListener('submit', (event) => {
  if (!event.defaultPrevented && event.target.matches('[data-sign-out]')) forgetAllOfThisPerson();
});

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-autosubmit]')) event.target.form?.requestSubmit();
});

whenReady(forgetOld);
mountEvery('[data-forget-kept]', (place) => forget(place.dataset.forgetKept));
