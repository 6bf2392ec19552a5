// Comments: `@` offers colleagues, words not yet said survive a reload.
import { element } from '../elements.js';

const shown = 8;
let list = null;

document.addEventListener('input', ({ target }) => {
  if (target.matches?.('textarea[data-mentions]')) offer(target);
  if (target.matches?.('textarea[data-kept-text]')) sessionStorage.setItem(target.dataset.keptText, target.value);
});
document.addEventListener('focusout', ({ target }) => target.matches?.('textarea[data-mentions]') && setTimeout(() => close(target), 150));
document.addEventListener('keydown', (event) => {
  if (!list || event.target !== list.field) return;
  const { options, field } = list;
  if (event.key === 'ArrowDown') mark(list.at + 1);
  else if (event.key === 'ArrowUp') mark(list.at - 1 + options.length);
  else if (event.key === 'Enter' || event.key === 'Tab') take(field, options[list.at]);
  else if (event.key === 'Escape') close(field);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener('htmx:afterRequest', ({ detail }) => {
  const field = detail.successful && detail.elt.querySelector?.('textarea[data-kept-text]');
  if (field) sessionStorage.removeItem(field.dataset.keptText);
});

/** What was typed and not said yet, when the page is opened again in this tab. */
function bringBack(within) {
  within.querySelectorAll?.('textarea[data-kept-text]').forEach((field) => {
    if (!field.value) field.value = sessionStorage.getItem(field.dataset.keptText) ?? '';
  });
}
addEventListener('DOMContentLoaded', () => bringBack(document));
document.addEventListener('htmx:load', ({ target }) => bringBack(target));

function begun(field) {
  const before = field.value.slice(0, field.selectionStart);
  return /@([^\s@]{0,20})$/u.exec(before)?.[1];
}

function offer(field) {
  const typed = begun(field)?.toLowerCase();
  if (typed === undefined) return close(field);
  const people = JSON.parse(document.getElementById(field.dataset.mentions)?.textContent || '[]');
  const fitting = people.filter(([id, name]) => id.toLowerCase().startsWith(typed) || name.toLowerCase().includes(typed)).slice(0, shown);
  close(field);
  if (!fitting.length) return;
  const box = element('ul', { class: 'df-mentions', role: 'listbox', id: `${field.dataset.mentions}-list` });
  const options = fitting.map(([id, name], at) => {
    const option = element('li', { role: 'option', id: `${box.id}-${at}` }, `${name} (${id})`);
    option.dataset.name = id;
    option.addEventListener('mousedown', (event) => { event.preventDefault(); take(field, option); });
    return option;
  });
  box.append(...options);
  field.closest('form').append(box);
  field.setAttribute('aria-controls', box.id);
  list = { box, options, field, at: 0 };
  mark(0);
}

function mark(at) {
  list.at = at % list.options.length;
  list.options.forEach((option, index) => option.setAttribute('aria-selected', index === list.at));
  list.options[list.at].scrollIntoView({ block: 'nearest' });
  list.field.setAttribute('aria-activedescendant', list.options[list.at].id);
}

function take(field, option) {
  const typed = begun(field) ?? '';
  const start = field.selectionStart - typed.length;
  field.setRangeText(`${option.dataset.name} `, start, field.selectionStart, 'end');
  close(field);
  field.focus();
  field.dispatchEvent(new Event('input', { bubbles: true })); // so that it is kept like what is typed
}

function close(field) {
  list?.box.remove();
  list = null;
  ['aria-controls', 'aria-activedescendant'].forEach((name) => field.removeAttribute(name));
}
