// What was typed into a plain form and not taken comes back: after signing in again where the session had ended, and with
// the fault beside its field where something was wrong. Law: it is kept by this tab alone, from the moment it is sent
// until the next page says whether it was taken; no password, no file, nothing hidden, and nothing for another person.
import { whenReady } from '../elements.js';
import { say } from './checks.js';
import { notify, user } from '../server.js';
import { text } from '../texts.js';

const KEY = 'dealflow.sent';
const UNKEPT = ['hidden', 'password', 'file', 'submit', 'button', 'image', 'reset'];
const here = () => location.pathname + location.search;
const sameAs = (action) => [...document.forms].filter((one) => one.action === action);
const typed = (form) => [...form.elements].filter((one) => one.name && !UNKEPT.includes(one.type));

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}
function remember(sent) {
  try {
    if (sent) sessionStorage.setItem(KEY, JSON.stringify(sent));
    else sessionStorage.removeItem(KEY);
  } catch {
    // storage is full or switched off
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!user()) return; // signing in
  remember(null);
  if (event.defaultPrevented || form.method !== 'post' || form.matches('[data-sign-out], [hx-post]')) return;
  if (form.querySelector('[data-form]')) return; // those have drafts
  const values = typed(form).map(({ name, type, value, checked }) => ({ name, type, value, checked }));
  const at = sameAs(form.action).indexOf(form);
  if (values.length) remember({ user: user(), page: here(), action: form.action, at, values });
});

/** Fill the form that was sent; the form, when it is there. */
function fill({ action, at, values }) {
  const fits = (form) => form && values.every(({ name }) => form.elements[name]);
  const form = [sameAs(action)[at], ...sameAs(action)].find(fits);
  if (!form) return null;
  const left = [...values];
  for (const field of typed(form)) {
    const at = left.findIndex(({ name, type, value }) => name === field.name && type === field.type && (!/radio|checkbox/.test(type) || value === field.value));
    if (at < 0) continue;
    const [{ value, checked }] = left.splice(at, 1);
    if (/radio|checkbox/.test(field.type)) field.checked = checked;
    else field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }
  for (let fold = form.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  form.scrollIntoView({ block: 'center' });
  return form;
}

/** Say what was wrong beside the field that it means, else over the form; it stands at the top where neither is known. */
function point(fault, form) {
  const reason = fault.textContent.trim();
  const place = CSS.escape(fault.dataset.fault);
  const named = `:is([name="${place}"], [data-place~="${place}"]):not([type="hidden"])`;
  const meant = reason ? [...(form ?? document.querySelector('main')).querySelectorAll(named)] : [];
  const field = meant.find((one) => one.getClientRects().length); // not one of a form that nobody opened
  const told = [fault.previousElementSibling, field?.form?.querySelector('.alert-danger')].filter((one) => one?.matches('.alert'));
  if (field) {
    told.forEach((one) => one.remove());
    say(field, reason);
    field.focus();
  } else if (form && told[0]) {
    form.before(told[0]);
    told[0].scrollIntoView({ block: 'center' });
  }
}

whenReady(() => {
  const sent = recall();
  const fault = document.querySelector('[data-fault]');
  if (sent && !user()) {
    const next = document.querySelector('form:has([type="password"]) input[name="next"]');
    if (new URLSearchParams(location.search).has('expired')) remember({ ...sent, ended: true });
    if (next && !next.value && recall().ended) next.value = sent.page;
    return;
  }
  const own = sent?.user === user();
  if (sent?.ended && own && sent.page !== here()) return; // perhaps it is looked for later
  if (sent) remember(null);
  const back = fault ? sent?.page.split('?')[0] === location.pathname : sent?.ended && sent.page === here();
  const form = own && back ? fill(sent) : null;
  if (form && sent.ended) notify('info', text('typedAgain'));
  if (fault) point(fault, form);
});
