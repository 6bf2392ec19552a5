// Lists: j and k walk the rows, Enter or o opens one. The current row survives a refresh when rows have an id, and the way
// back from what it opened; where it has left the list, one goes on at its place.
import { whenReady } from '../elements.js';
import { isTyping } from './keys.js';

const OPENED = 'dealflow.row';
let currentId = null;
let place = -1;

const rows = () => [...document.querySelectorAll('[data-rows] [data-row]')].filter((row) => row.getClientRects().length > 0);
const current = () => document.querySelector('[data-row][aria-current="true"]');
const linkOf = (row) => row.querySelector('a[data-row-link]');

function choose(row) {
  current()?.removeAttribute('aria-current');
  row.setAttribute('aria-current', 'true');
  currentId = row.id || null;
  place = rows().indexOf(row);
  linkOf(row)?.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const at = all.indexOf(current());
  const gone = place < 0 ? (step > 0 ? 0 : all.length - 1) : place - (step < 0);
  choose(all[Math.min(all.length - 1, Math.max(0, at < 0 ? gone : at + step))]);
  return true;
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
  const inList = Boolean(event.target.closest?.('[data-rows]'));
  let done = false;
  if (event.key === 'j' || (event.key === 'ArrowDown' && inList)) done = move(1);
  else if (event.key === 'k' || (event.key === 'ArrowUp' && inList)) done = move(-1);
  else if (event.key === 'o' || (event.key === 'Enter' && event.target === document.body)) {
    const link = current() && linkOf(current());
    link?.click();
    done = Boolean(link);
  }
  if (done) event.preventDefault();
});

document.addEventListener('focusin', (event) => {
  const row = event.target.closest?.('[data-row]');
  if (row && row !== current()) choose(row);
});

document.addEventListener('htmx:afterSettle', () => {
  if (currentId && !current()) document.getElementById(currentId)?.setAttribute('aria-current', 'true');
});

document.addEventListener('click', ({ target }) => {
  const row = target.closest?.('a[data-row-link]')?.closest('[data-row]');
  if (row) sessionStorage.setItem(OPENED, JSON.stringify({ page: location.pathname, id: row.id, place: rows().indexOf(row) }));
});
whenReady(() => {
  const opened = JSON.parse(sessionStorage.getItem(OPENED) ?? 'null');
  if (opened?.page !== location.pathname) return;
  sessionStorage.removeItem(OPENED);
  ({ id: currentId, place } = opened);
  document.getElementById(currentId)?.setAttribute('aria-current', 'true');
});
