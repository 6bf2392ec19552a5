// The inbox: marking rows and doing one thing with all that is marked. A few tasks go at a time, so that it can be
// seen how far it is; what was refused is listed with its reasons. Marks survive the refresh of the list.
import { element, whenReady } from '../elements.js';
import { text } from '../texts.js';
import { csrfToken, notify } from '../server.js';

const AT_A_TIME = 10;
const marked = new Set();
let last = null;

const bar = () => document.querySelector('[data-many]');
const boxes = () => [...document.querySelectorAll('[data-mark]')];

function show() {
  const here = bar();
  if (!here) return;
  const all = boxes();
  for (const box of all) box.checked = marked.has(box.value);
  const head = document.querySelector('[data-mark-all]');
  const chosen = all.filter((box) => box.checked).length;
  if (head) {
    head.checked = all.length > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
  here.hidden = marked.size === 0;
  here.querySelector('[data-many-count]').textContent = text('marked', { count: marked.size });
  const total = Number(document.querySelector('[data-total]')?.dataset.total ?? 0);
  const more = here.querySelector('[data-many-all]');
  more.hidden = !(head?.checked && total > marked.size);
}

function mark(box, on) {
  if (on) marked.add(box.value);
  else marked.delete(box.value);
}

document.addEventListener('click', (event) => {
  const box = event.target.closest?.('[data-mark]');
  if (box) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)];
    const range = event.shiftKey && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    range.forEach((one) => mark(one, box.checked));
    last = box;
    show();
  }
  const head = event.target.closest?.('[data-mark-all]');
  if (head) {
    boxes().forEach((one) => mark(one, head.checked));
    show();
  }
  if (event.target.closest?.('[data-many-none]')) {
    marked.clear();
    show();
  }
  if (event.target.closest?.('[data-many-all]')) markWholeList();
});

async function markWholeList() {
  const answer = await fetch(bar().dataset.idsUrl, { headers: { Accept: 'application/json' } });
  if (!answer.ok) return notify('danger', text('failed', { status: answer.status }));
  (await answer.json()).tasks.forEach((id) => marked.add(id));
  show();
}

async function send(form, deed, ids) {
  const data = new FormData(form);
  data.set('do', deed);
  data.delete('task');
  ids.forEach((id) => data.append('task', id));
  const answer = await fetch(form.action, {
    method: 'POST',
    body: data,
    headers: { Accept: 'application/json', 'X-CSRFToken': csrfToken() },
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw new Error(answer.status === 401 ? text('expired') : said.detail ?? text('failed', { status: answer.status }));
}

async function doWithAll(form, deed) {
  const ids = [...marked];
  document.querySelector('[data-many-result]').replaceChildren();
  const progress = form.querySelector('[data-many-progress]');
  const buttons = [...form.querySelectorAll('button')];
  buttons.forEach((one) => (one.disabled = true));
  const later = setTimeout(() => (progress.hidden = false), 300);
  progress.max = ids.length;
  const told = { done: 0, refused: [], fault: '' };
  for (let at = 0; at < ids.length; at += AT_A_TIME) {
    progress.value = at;
    const some = ids.slice(at, at + AT_A_TIME);
    try {
      const said = await send(form, deed, some);
      told.done += said.done;
      told.refused.push(...said.refused);
      some.forEach((id) => marked.delete(id));
    } catch (error) {
      told.fault = error.message;
      break;
    }
  }
  clearTimeout(later);
  progress.hidden = true;
  buttons.forEach((one) => (one.disabled = false));
  tell(told);
  show();
  document.body.dispatchEvent(new CustomEvent('inbox-done'));
}

function tell({ done, refused, fault }) {
  const place = document.querySelector('[data-many-result]');
  const line = ({ task, name, key, reason }) =>
    element('li', {}, element('a', { href: `/tasks/${task}` }, name), `${key ? ` · ${key}` : ''}: ${reason}`);
  const kind = fault ? 'danger' : refused.length ? 'warning' : 'success';
  const away = element('button', { type: 'button', class: 'btn-close', 'aria-label': text('close') });
  away.addEventListener('click', () => place.replaceChildren());
  place.replaceChildren(
    element(
      'div',
      { class: `alert alert-${kind} alert-dismissible d-block mt-3`, role: 'status' },
      away,
      element('strong', {}, text('manyDone', { count: done })),
      fault ? element('div', {}, fault) : null,
      refused.length ? element('div', {}, text('manyRefused', { count: refused.length })) : null,
      refused.length ? element('ul', { class: 'df-refused' }, ...refused.map(line)) : null,
    ),
  );
  // It sticks to the end of the window; only where marked ones are left over it stands below their bar.
  if (marked.size) place.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches?.('[data-many]') || event.defaultPrevented) return;
  event.preventDefault();
  if (marked.size) doWithAll(form, event.submitter?.value);
});

// The columns stand in the order in which the form has them.
document.addEventListener('click', ({ target }) => {
  const button = target.closest?.('[data-column-up]');
  const column = button?.parentElement;
  column?.previousElementSibling?.before(column);
  button?.focus();
});

document.addEventListener('htmx:afterSettle', show);
whenReady(() => boxes().forEach((box) => mark(box, box.checked)));
whenReady(show);

// "Fill the chosen task's form": the form of the task page gets the focus when it stands.
document.addEventListener('dealflow:form-ready', (event) => {
  if (location.hash !== '#fill') return;
  const field = event.target.querySelector('input:not([type=hidden]):not(:disabled), textarea:not(:disabled), select:not(:disabled)');
  field?.focus();
});
