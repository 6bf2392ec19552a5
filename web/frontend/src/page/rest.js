// Long lists on a narrow screen, and at any width those of a page that has many (.df-few): style shows the first of them
// (lists.css), a button under the list shows the rest. What was shown stays so when the page is refreshed, reloaded or
// come back to: the history entry remembers it.
import { element, whenReady } from '../elements.js';
import { text } from '../texts.js';

const LISTS = 'table.df-stack > tbody, .df-column > ul, .df-long, .df-few table > tbody, .df-few ul';
const narrow = matchMedia('(max-width: 991.98px)');
const lists = () => [...document.querySelectorAll(LISTS)];
const buttonOf = (list) => (list.closest('table') ?? list).parentElement.querySelector(':scope > .df-rest');

function show(list) {
  const first = [...list.children].find((row) => row.getClientRects().length === 0);
  list.dataset.shown = '';
  buttonOf(list)?.remove();
  return first;
}

function press(list) {
  const at = lists().indexOf(list);
  history.replaceState({ ...history.state, shown: [...(history.state?.shown ?? []), at] }, '');
  const first = show(list);
  first?.querySelector('a, button, input, summary')?.focus({ preventScroll: true }); // who reads by keys goes on there
}

function fold() {
  const target = document.getElementById(location.hash.slice(1)); // :target may not be known yet
  lists().forEach((list, at) => {
    if (history.state?.shown?.includes(at) || (target && list.contains(target))) show(list);
    const few = narrow.matches || list.closest('.df-few');
    const hidden = few ? [...list.children].filter((row) => getComputedStyle(row).display === 'none').length : 0;
    const known = buttonOf(list);
    if (!hidden) known?.remove();
    else if (known) known.textContent = text('showRest', { count: hidden });
    else {
      const more = element('button', { type: 'button', class: 'btn df-rest d-print-none', onclick: () => press(list) });
      more.textContent = text('showRest', { count: hidden });
      (list.closest('table') ?? list).after(more);
    }
  });
}

whenReady(fold);
narrow.addEventListener('change', fold);
matchMedia('(max-width: 575.98px)').addEventListener('change', fold);
document.addEventListener('htmx:afterSwap', fold);
addEventListener('hashchange', fold);
// What is searched for on the page itself is found wherever it stands.
document.addEventListener('input', ({ target }) => {
  const place = target.dataset?.filter && document.querySelector(target.dataset.filter);
  if (place) lists().filter((list) => list === place || place.contains(list)).forEach(show);
});
// A field that is to be corrected is never out of sight.
document.addEventListener('invalid', ({ target }) => target.closest(LISTS) && show(target.closest(LISTS)), true);
