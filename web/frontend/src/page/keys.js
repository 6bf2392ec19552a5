// Keyboard shortcuts: what the page offers through data-key, and the few that are always there.
import { element, whenReady } from '../elements.js';
import { text } from '../texts.js';

const TYPING = 'input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]';

export const isTyping = (target) => Boolean(target.closest?.(TYPING));
const isVisible = (one) => one.offsetParent !== null || one.getClientRects().length > 0;

function sendForm() {
  const form = [...document.querySelectorAll('form[data-submit-shortcut]')].find(isVisible);
  form?.requestSubmit(form.querySelector('button[type=submit]:not([formnovalidate]):not(:disabled)'));
  return Boolean(form);
}

function focusSearch() {
  const field = document.querySelector('[data-search]');
  field?.focus();
  field?.select?.();
  return Boolean(field);
}

/** Ctrl+K: the search of this page, or of the page that searches everything. */
function searchAnywhere() {
  const { searchUrl } = document.body.dataset;
  if (focusSearch()) return true;
  if (searchUrl) location.assign(`${searchUrl}#search`);
  return Boolean(searchUrl);
}

function press(key) {
  const bound = [...document.querySelectorAll('[data-key]')].filter((one) => one.dataset.key === key && isVisible(one));
  const row = document.querySelector('[data-row][aria-current="true"]'); // a key inside rows means the current row
  const target = bound.find((one) => row?.contains(one)) ?? bound.find((one) => !one.closest('[data-row]'));
  if (!target || target.disabled) return false;
  if (target.matches(TYPING)) target.focus();
  else target.click();
  return true;
}

function rowOf(keys, meaning) {
  return element('tr', {}, element('td', {}, ...keys.map((key) => element('kbd', { class: 'me-1' }, key))), element('td', {}, meaning));
}

function showHelp() {
  document.querySelector('dialog.df-help')?.remove();
  const has = (selector) => document.querySelector(selector) !== null;
  const own = [...document.querySelectorAll('[data-key]')]
    .filter(isVisible)
    .filter((one, at, all) => all.findIndex((other) => other.dataset.key === one.dataset.key) === at)
    .map((one) => rowOf([one.dataset.key], one.dataset.keyHelp ?? one.textContent.trim() ?? one.title));
  const always = [
    has('[data-row]') && rowOf(['j', '↓'], text('keyNext')),
    has('[data-row]') && rowOf(['k', '↑'], text('keyPrevious')),
    has('[data-row]') && rowOf(['Enter', 'o'], text('keyOpen')),
    has('[data-search]') && rowOf(['/'], text('keySearch')),
    document.body.dataset.searchUrl && rowOf(['Ctrl', 'K'], text('keySearchAll')),
    has('form[data-submit-shortcut]') && rowOf(['Ctrl', 'Enter'], text('keySubmit')),
    rowOf(['?'], text('keyHelp')),
  ].filter(Boolean);
  const dialog = element(
    'dialog',
    { class: 'df-help card', 'aria-label': text('shortcuts') },
    element('h2', { class: 'h3' }, text('shortcuts')),
    element('table', { class: 'table table-sm' }, element('tbody', {}, ...own, ...always)),
    element('button', { type: 'button', class: 'btn', onclick: () => dialog.close() }, text('close')),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return true;
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return; // an input method is choosing characters
  const open = document.querySelector('dialog[open]');
  let done = false;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) done = !open && sendForm();
  else if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) done = !open && searchAnywhere();
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (isTyping(event.target)) {
    if (event.key === 'Escape') event.target.blur();
    return;
  } else if (open) return;
  else if (event.key === '?') done = showHelp();
  else if (event.key === '/') done = focusSearch();
  else done = press(event.key);
  if (done) event.preventDefault();
});

// Ctrl+Enter within a form: form-js keeps every Enter in its choices to itself, and an open list would take its first
// entry. The key is taken before it comes there; leaving the field hands in what was typed last, a date for one.
addEventListener(
  'keydown',
  (event) => {
    const sends = event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing;
    if (!sends || !event.target.closest?.('.df-form') || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    event.stopPropagation();
    event.target.blur();
    requestAnimationFrame(() => setTimeout(sendForm));
  },
  true,
);

whenReady(() => location.hash === '#search' && focusSearch());
