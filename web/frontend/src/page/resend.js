// What was typed into a plain form whose session had ended comes back after signing in again. Law: it is kept by this
// tab alone, from the moment it is sent until the next page says whether it was taken; no password, no file, nothing
// hidden, and nothing for another person.
import { whenReady } from '../elements.js';
import { notify, user } from '../server.js';
import { text } from '../texts.js';

const KEY = 'dealflow.sent';
const UNKEPT = ['hidden', 'password', 'file', 'submit', 'button', 'image', 'reset'];
const here = () => location.pathname + location.search;
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
  if (values.length) remember({ user: user(), page: here(), action: form.action, values });
});

/** Fill the form that was sent; whether it is there. */
function fill({ action, values }) {
  const form = [...document.forms].find((one) => one.action === action && values.every(({ name }) => one.elements[name]));
  if (!form) return false;
  const left = [...values];
  for (const field of typed(form)) {
    const at = left.findIndex(({ name, type, value }) => name === field.name && type === field.type && (!/radio|checkbox/.test(type) || value === field.value));
    if (at < 0) continue;
    const [{ value, checked }] = left.splice(at, 1);
    if (/radio|checkbox/.test(field.type)) field.checked = checked;
    else field.value = value;
  }
  form.closest('details')?.setAttribute('open', '');
  form.scrollIntoView({ block: 'center' });
  return true;
}

whenReady(() => {
  const sent = recall();
  if (!sent) return;
  if (!user()) {
    const next = document.querySelector('form:has([type="password"]) input[name="next"]');
    if (new URLSearchParams(location.search).has('expired')) remember({ ...sent, ended: true });
    if (next && !next.value && recall().ended) next.value = sent.page;
    return;
  }
  if (sent.ended && sent.user === user() && sent.page !== here()) return; // perhaps it is looked for later
  remember(null);
  if (sent.ended && sent.user === user() && fill(sent)) notify('info', text('typedAgain'));
});
