// What a browser finds wrong in a plain form, said under the field and in the page's language; its own bubbles speak the
// browser's. The first such field gets the focus. Forms of tasks have words of their own (form/faults.js).
import { element, whenReady } from '../elements.js';
import { text } from '../texts.js';

const noteOf = (field) => (field.id ? document.getElementById(`${field.id}-wrong`) : null);
let unnamed = 0;

function words(field) {
  const { validity, type } = field;
  if (validity.customError) return field.validationMessage;
  if (validity.valueMissing) {
    if (type === 'checkbox') return text('checkTick');
    if (type === 'file') return text('checkFile');
    return text(field.matches('select, [type=radio]') ? 'checkChoose' : 'checkMissing');
  }
  if (validity.typeMismatch) return text(type === 'email' ? 'checkEmail' : 'checkAddress');
  if (validity.badInput) return text(type === 'number' ? 'checkNumber' : 'checkDate');
  if (validity.rangeUnderflow) return text('checkLeast', { value: field.min });
  if (validity.rangeOverflow) return text('checkMost', { value: field.max });
  if (validity.stepMismatch) return text('checkStep', { value: field.step || 1 });
  if (validity.tooShort) return text('checkShort', { count: field.minLength });
  if (validity.tooLong) return text('checkLong', { count: field.maxLength });
  return field.title || text('checkPattern', { example: field.placeholder || field.pattern });
}

/** Where the note stands: after the field, or after what it is laid into. */
const placeOf = (field) => field.closest('[data-file], .input-group, .form-check') ?? field;

/** Put words under a field; they go when it is mended. */
export function say(field, message = words(field)) {
  field.id ||= `df-field-${(unnamed += 1)}`;
  let note = noteOf(field);
  if (!note) {
    note = element('div', { class: 'invalid-feedback d-block', id: `${field.id}-wrong`, role: 'alert' });
    placeOf(field).after(note);
    field.setAttribute('aria-describedby', [field.getAttribute('aria-describedby'), note.id].filter(Boolean).join(' '));
  }
  note.textContent = message;
  field.classList.add('is-invalid');
  field.setAttribute('aria-invalid', 'true');
}

function unsay(field) {
  const note = noteOf(field);
  if (!note) return;
  note.remove();
  field.classList.remove('is-invalid');
  field.removeAttribute('aria-invalid');
  const left = (field.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => id && id !== note.id);
  if (left.length) field.setAttribute('aria-describedby', left.join(' '));
  else field.removeAttribute('aria-describedby');
}

let first = null; // of those that one press found
document.addEventListener(
  'invalid',
  (event) => {
    const field = event.target;
    if (!field.form || field.closest('[data-form]')) return;
    event.preventDefault();
    say(field);
    if (first) return;
    first = field;
    setTimeout(() => {
      first.closest('details')?.setAttribute('open', '');
      first.focus();
      first = null;
    });
  },
  true,
);
const again = ({ target }) => {
  if (!noteOf(target)) return;
  if (target.validity?.valid) unsay(target);
  else say(target);
};
document.addEventListener('input', again);
document.addEventListener('change', again);
// A fault that is known as soon as something was chosen.
document.addEventListener('dealflow:check', ({ target }) => (target.validity.valid ? unsay(target) : say(target)));
// A form that a server gave back with its faults: the first of them is where one goes on.
whenReady(() => document.querySelector('main form :is(input, textarea, select).is-invalid')?.focus());
