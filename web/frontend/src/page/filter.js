// A search field that narrows what is on the page, and a choice that goes to another page.

document.addEventListener('input', ({ target }) => {
  const place = target.dataset?.filter && document.querySelector(target.dataset.filter);
  if (!place) return;
  const wanted = target.value.trim().toLowerCase().split(/\s+/);
  for (const row of place.querySelectorAll('[data-filter-text]')) {
    const text = row.dataset.filterText.toLowerCase();
    row.hidden = !wanted.every((word) => text.includes(word));
  }
  for (const group of place.querySelectorAll('[data-filter-group]')) {
    group.hidden = !group.querySelector('[data-filter-text]:not([hidden])');
  }
});

document.addEventListener('change', ({ target }) => {
  if (target.matches?.('select[data-go]')) location.assign(target.value);
});
