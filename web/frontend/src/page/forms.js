// Plain forms: ask before what cannot be undone, send on change, and forget kept input on sign-out.
import { forget, forgetAllOfThisPerson, forgetOld } from '../kept.js';
import { mountEvery, whenReady } from '../elements.js';

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
