// A search field that narrows what is on the page, and a choice that goes to another page.

function narrow(field) {
  const place = field.dataset?.filter && document.querySelector(field.dataset.filter);
  if (!place) return;
  const wanted = field.value.trim().toLowerCase().split(/\s+/);
  for (const row of place.querySelectorAll('[data-filter-text]')) {
    const text = row.dataset.filterText.toLowerCase();
    row.hidden = !wanted.every((word) => text.includes(word));
  }
  for (const group of place.querySelectorAll('[data-filter-group]')) {
    group.hidden = !group.querySelector('[data-filter-text]:not([hidden])');
  }
}

document.addEventListener('input', ({ target }) => narrow(target));
// What htmx has brought anew is narrowed again.
document.addEventListener('htmx:load', () => document.querySelectorAll('[data-filter]').forEach((field) => field.value && narrow(field)));

// On a phone the choices of a filter stand behind a button.
document.addEventListener('click', ({ target }) => {
  const button = target.closest?.('[data-unfold]');
  if (button) button.setAttribute('aria-expanded', String(button.parentElement.toggleAttribute('data-open')));
});

document.addEventListener('change', ({ target }) => {
  if (target.matches?.('select[data-go]')) location.assign(target.value);
});
